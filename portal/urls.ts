/** Addresses with a query, always encoded. */
export type Params = Readonly<Record<string, string>>;

export function withQuery(address: string, params: Params): string {
  return `${address}?${new URLSearchParams(params).toString()}`;
}
