/**
 * How rules of a firewall's chain may travel together, although a chain is walked from the top and the
 * router may perform commands in any order. Two rules that decide alike (both let through, or both refuse)
 * may be there one without the other: whatever packet the one decides before its neighbour stands is
 * decided in the same way when both stand. So a run of such rules needs no sequence for the sake of packets,
 * and for their own order each goes before a row that is there already: the middle of a run first, then the
 * middle of each half. A run of n is placed in log2(n + 1) steps, in that order and no other. Pure.
 *
 * Likewise for removals, which go from the bottom: what decides alike may go together.
 */
import type { Change, RowRef } from './plan.ts';

export const RULES = /^\/ip\/firewall\/(filter|nat|raw|mangle)$/;
/** Chains of these only let through or refuse. */
const VERDICTS = /^\/ip\/firewall\/(filter|raw)$/;
/** A packet that is refused is refused, whether its sender is told or not. */
const REFUSALS: ReadonlySet<string> = new Set(['drop', 'reject', 'tarpit']);

type Add = Extract<Change, { kind: 'add' }>;

/** Whether of two changes of one menu of rules the later must wait for the earlier. */
export function isRuleSequence(earlier: Change, later: Change): boolean {
  const [one, other] = [ruleOf(earlier), ruleOf(later)];
  if (one === null || other === null) return true;
  if (one['jump-target'] !== undefined || other['jump-target'] !== undefined) return true;
  if (one.chain !== other.chain) return false;
  const verdict = verdictOf(later.path, other);
  if (verdict === null || verdict !== verdictOf(earlier.path, one)) return true;
  if (earlier.kind !== 'add' || later.kind !== 'add') return earlier.kind !== later.kind;
  return isSameRow(earlier.before, later.before) || isBefore(later, earlier);
}

/** The same plan, with runs of alike rules in an order that lets more of them travel together. */
export function spreadRules(changes: readonly Change[]): Change[] {
  const spread: Change[] = [];
  let run: Add[] = [];
  const flush = (): void => {
    if (run.length > 0) spread.push(...halved(run, run[0]!.before));
    run = [];
  };
  for (const change of changes) {
    if (change.kind === 'add' && RULES.test(change.path)) {
      if (run.length > 0 && !isRun(run[0]!, change)) flush();
      run.push(change);
    } else {
      flush();
      spread.push(change);
    }
  }
  flush();
  return spread;
}

function isRun(first: Add, next: Add): boolean {
  const verdict = verdictOf(first.path, first.values);
  return (
    first.path === next.path &&
    first.values.chain === next.values.chain &&
    verdict !== null &&
    verdict === verdictOf(next.path, next.values) &&
    isSameRow(first.before, next.before)
  );
}

/** `before`: what the last of the run stands before. */
function halved(run: readonly Add[], before: RowRef | null): Add[] {
  const middle = run[Math.floor(run.length / 2)];
  if (middle === undefined) return [];
  const at = run.indexOf(middle);
  return [
    { ...middle, before },
    ...halved(run.slice(0, at), { key: middle.key, id: null }),
    ...halved(run.slice(at + 1), before),
  ];
}

/** Null when the change does not tell the rule. */
function ruleOf(change: Change): Readonly<Record<string, string>> | null {
  if (change.kind === 'add') return change.values;
  return change.kind === 'remove' ? change.was : null;
}

/** Null for an action that is neither, which is never taken for like another. */
function verdictOf(path: string, rule: Readonly<Record<string, string>>): string | null {
  const { action = '' } = rule;
  if (!VERDICTS.test(path)) return null;
  return action === 'accept' ? action : REFUSALS.has(action) ? 'refuse' : null;
}

function isSameRow(one: RowRef | null, other: RowRef | null): boolean {
  return one?.key === other?.key && one?.id === other?.id;
}

/** Whether `later` is placed before the row that `earlier` makes. */
function isBefore(later: Add, { key }: Add): boolean {
  return later.before !== null && later.before.id === null && later.before.key === key;
}
