/**
 * Who is in which wave of a rollout. Pure. Canaries come first, then the fleet in growing shares, so that a
 * mistake meets few. Routers that are online come before those that are not: a canary that is off proves
 * nothing.
 */
export interface Candidate {
  readonly routerId: string;
  readonly link: string;
  readonly isUp: boolean;
}

export interface Member extends Candidate {
  /** From 0, the canaries. */
  readonly wave: number;
}

export interface WavePlan {
  /** Routers that go first, by name of the operator; else one is chosen. */
  readonly canaries: readonly string[];
  /** Percent of the fleet that each wave adds; what is left is the last wave. */
  readonly shares: readonly number[];
}

export const USUAL_SHARES: readonly number[] = [1, 5, 20];

/** In waves without gaps, each of at least one router. `random` gives [0, 1): neighbours are spread. */
export function planWaves(
  fleet: readonly Candidate[],
  { canaries, shares }: WavePlan,
  random: () => number,
): Member[] {
  const named = new Set(canaries);
  const rank = (one: Candidate): number => (named.has(one.routerId) ? 0 : one.isUp ? 1 : 2);
  const ordered = fleet
    .map((candidate) => ({ candidate, rank: rank(candidate), key: random() }))
    .toSorted((a, b) => a.rank - b.rank || a.key - b.key)
    .map(({ candidate }) => candidate);
  const first = ordered.filter((one) => named.has(one.routerId)).length || 1;
  const sizes = [first, ...shares.map((share) => Math.ceil((fleet.length * share) / 100))];
  const members: Member[] = [];
  let wave = 0;
  for (const size of [...sizes, ordered.length]) {
    const begun = members.length;
    for (const one of ordered.slice(begun, begun + size)) members.push({ ...one, wave });
    if (members.length > begun) wave += 1;
  }
  return members;
}

/** `1,5,20` into percents; null when it is no such list. */
export function parseShares(text: string): number[] | null {
  const shares = text.split(',').map((part) => Number(part.trim() || Number.NaN));
  const fits = shares.every((share) => share > 0 && share <= 100);
  return fits && shares.length <= 20 ? shares : null;
}
