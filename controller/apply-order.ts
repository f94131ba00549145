/**
 * What must wait for what when a plan is written over one connection. Whether a router performs tagged
 * commands in the order of their arrival is not documented, so a change is sent only when everything
 * that it builds on has been answered; the rest travels together. Pure.
 */
import { isRuleSequence, RULES } from './apply-rules.ts';
import type { Change } from './plan.ts';

/** Menus whose rows do not know of each other: order among them means nothing. */
const UNORDERED: ReadonlySet<string> = new Set([
  '/file',
  '/interface/bridge/port',
  '/interface/list',
  '/interface/list/member',
  '/interface/wifi',
  '/interface/wireless',
  '/ip/dns/static',
  '/ip/firewall/address-list',
  '/ip/service',
  '/system/ntp/client/servers',
  '/tool/netwatch',
]);
/** What rules say by name, and must be whole before a rule says it. */
const NAMED_BY_RULES = /^\/(interface\/list(\/member)?|ip\/firewall\/address-list)$/;
type SetChange = Extract<Change, { kind: 'set' }>;
/** Files, then rows to be made and placed, then changed, then removed: one begins when the other is done. */
const PHASE = { file: 0, add: 1, move: 1, set: 2, remove: 3 } as const;

/** For each change the positions of those before it that it must wait for. */
export function dependencies(changes: readonly Change[]): number[][] {
  const facts = changes.map((change) => ({
    change,
    phase: PHASE[change.kind],
    says: wordsOf(change),
    names: namesOf(change),
  }));
  return facts.map((later, index) => {
    const waits: number[] = [];
    for (let at = 0; at < index; at += 1) {
      const earlier = facts[at]!;
      const apart =
        earlier.phase === later.phase &&
        !isSequence(earlier.change, later.change) &&
        !mentions(later.says, earlier.names) &&
        !mentions(earlier.says, later.names);
      if (!apart) waits.push(at);
    }
    return waits;
  });
}

function isSequence(earlier: Change, later: Change): boolean {
  if (earlier.kind === 'file') return earlier.contents === null;
  if (RULES.test(later.path) && NAMED_BY_RULES.test(earlier.path)) return true;
  if (RULES.test(earlier.path) && NAMED_BY_RULES.test(later.path)) return true;
  if (earlier.path !== later.path || UNORDERED.has(later.path)) return false;
  if (RULES.test(later.path)) return isRuleSequence(earlier, later);
  return earlier.kind !== 'set' || later.kind !== 'set' || collides(earlier, later);
}

/** Whether one row takes what the other had: where rows must differ, it must be free first. */
function collides(earlier: SetChange, later: SetChange): boolean {
  const takes = (one: SetChange, other: SetChange): boolean =>
    Object.entries(one.values).some(
      ([name, value]) => name !== 'disabled' && other.was[name] === value,
    );
  return earlier.id === later.id || takes(later, earlier) || takes(earlier, later);
}

/** Names under which other rows may speak of this one. */
function namesOf(change: Change): string[] {
  switch (change.kind) {
    case 'add':
      return nameIn(change.values);
    case 'set':
      return [...nameIn(change.values), ...(change.key === '' ? [] : [change.key])];
    case 'remove':
      return nameIn(change.was);
    case 'file':
    case 'move':
      return [];
  }
}

function nameIn(values: Readonly<Record<string, string>>): string[] {
  return values.name === undefined || values.name === '' ? [] : [values.name];
}

function wordsOf(change: Change): ReadonlySet<string> {
  if (change.kind === 'file' || change.kind === 'move') return new Set();
  const values = change.kind === 'remove' ? change.was : change.values;
  const said = Object.entries(values).filter(([name]) => name !== 'name' && name !== 'comment');
  return new Set(said.flatMap(([, value]) => [value, ...value.split(/[^\w.-]+/)]));
}

function mentions(words: ReadonlySet<string>, names: readonly string[]): boolean {
  return names.some((name) => words.has(name));
}
