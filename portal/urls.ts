/** Addresses with a query, always encoded. */
export type Params = Readonly<Record<string, string>>;

export function withQuery(address: string, params: Params): string {
  const query = new URLSearchParams(params).toString();
  return query === '' ? address : `${address}?${query}`;
}
