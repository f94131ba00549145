/** Which routers of an upgrade are next: one canary, five, a fifth, the rest. Pure. */
import type { RouterUpgrade } from '../../store/types.ts';

const CANARY = 1;
const FEW = 5;
const SHARE = 0.2;
/** What an upgrade breaks shows within this. */
export const SOAK_MS = 60 * 60_000;
/** Routers on their way at once. */
export const AT_ONCE = 4;

/** The wave of each of `count` routers in order, from 0. */
export function wavesOf(count: number): number[] {
  const few = CANARY + FEW;
  const share = few + Math.ceil(count * SHARE);
  return Array.from({ length: count }, (_, index) =>
    index < CANARY ? 0 : index < few ? 1 : index < share ? 2 : 3,
  );
}

/** Those that may do something now: what is on its way, and what may begin. */
export function admitted(rows: readonly RouterUpgrade[], now: number): readonly RouterUpgrade[] {
  const campaigns = new Set(rows.map(({ campaign }) => campaign));
  return [...campaigns].flatMap((campaign) =>
    admittedOf(
      rows.filter((row) => row.campaign === campaign),
      now,
    ),
  );
}

function admittedOf(rows: readonly RouterUpgrade[], now: number): readonly RouterUpgrade[] {
  const isWaiting = ({ phase }: RouterUpgrade): boolean => phase === 'planned';
  const active = rows.filter(
    (row) => !isWaiting(row) && row.phase !== 'done' && row.phase !== 'failed',
  );
  // One that failed holds the rest back, until a person has looked and planned anew.
  if (rows.some(({ phase }) => phase === 'failed')) return active;
  const open = rows.filter(({ phase }) => phase !== 'done');
  const wave = Math.min(...open.map((row) => row.wave));
  const before = rows.filter((row) => row.wave < wave).map(({ phaseAt }) => phaseAt);
  if (before.some((endedAt) => now < endedAt + SOAK_MS)) return active;
  const room = Math.max(0, AT_ONCE - active.length);
  const next = open.filter((row) => row.wave === wave && isWaiting(row)).slice(0, room);
  return [...active, ...next];
}
