import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf } from './apply-batches.ts';
import { dependencies } from './apply-order.ts';
import { spreadRules } from './apply-rules.ts';
import { tagged } from './desired/menu.ts';
import type { Change, Observed } from './plan.ts';
import { plan } from './plan.ts';

const FILTER = '/ip/firewall/filter';
const WIDE = { size: 1000, inFlight: 1000 };
type Rules = readonly Readonly<Record<string, string>>[];

function planFor(wanted: Rules, standing: Rules): Change[] {
  const rows = wanted.map((values, index) => ({ key: `r${index}`, values }));
  const configuration = {
    ...{ files: [], folders: [], digest: '' },
    menus: [tagged(FILTER, rows, { ordered: true, matchers: ['protocol'] })],
    factory: [{ path: FILTER, match: { comment: 'defconf*' } }],
  };
  const observed: Observed = { menus: new Map([[FILTER, standing]]), files: new Map() };
  return plan(configuration, observed);
}

/** One round trip after the other, as many as may travel together; `picks` says in which order they arrive. */
function perform(
  changes: readonly Change[],
  standing: Rules,
  picks: readonly number[],
): string[][] {
  const states: string[][] = [];
  const rows = standing.map((row) => row['.id']!);
  const made = new Map<string, string>();
  for (const batch of batchesOf(changes, WIDE)) {
    const rest = new Set(batch.changes.keys());
    while (rest.size > 0) {
      const ready = [...rest].filter((index) => batch.waits[index]!.every((at) => !rest.has(at)));
      const pick = ready[(picks[states.length % Math.max(1, picks.length)] ?? 0) % ready.length]!;
      rest.delete(pick);
      const change = batch.changes[pick]!;
      if (change.kind === 'add') {
        made.set(change.key, change.key);
        const before = change.before;
        const id = before === null ? null : (before.id ?? made.get(before.key));
        if (id !== null && !rows.includes(id ?? ''))
          throw new Error(`${change.key} before nothing`);
        rows.splice(id === null ? rows.length : rows.indexOf(id!), 0, change.key);
      }
      if (change.kind === 'remove') rows.splice(rows.indexOf(change.id), 1);
      states.push([...rows]);
    }
  }
  return states;
}

const rule = (action: string) => ({ chain: 'forward', action });
const old = (action: string, index: number) => ({
  ...rule(action),
  '.id': `*${index}`,
  comment: `defconf ${index}`,
});
const actions = fc.constantFrom('accept', 'drop', 'reject', 'log', 'fasttrack-connection');
const picks = fc.array(fc.nat(40), { maxLength: 60 });

/** Places of rules that are not there while one below decides otherwise. */
function aboveThatLack(rules: readonly string[], isThere: (at: number) => boolean): number[] {
  const refuses = (action: string): boolean => action === 'drop' || action === 'reject';
  const isAlike = (one: string, other: string): boolean =>
    one === other || (refuses(one) && refuses(other));
  return rules.flatMap((action, index) => {
    const below = rules.some((other, at) => at > index && isThere(at) && !isAlike(action, other));
    return below && !isThere(index) ? [index] : [];
  });
}

describe('rules of a chain', () => {
  it('stand in their order whatever order they arrive in', () => {
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 30 }), picks, (wanted, order) => {
        const changes = planFor(wanted.map(rule), []);

        const states = perform(changes, [], order);

        expect(states.at(-1) ?? []).toEqual(wanted.map((_, index) => `r${index}`));
      }),
    );
  });

  it('that decide unlike are placed from the top and taken away from the bottom', () => {
    fc.assert(
      fc.property(
        fc.array(actions, { maxLength: 12 }),
        fc.array(actions, { maxLength: 12 }),
        picks,
        (wanted, before, order) => {
          const standing = before.map(old);

          const states = perform(planFor(wanted.map(rule), standing), standing, order);

          const jumped = states.flatMap((rows) => [
            ...aboveThatLack(wanted, (at) => rows.includes(`r${at}`)),
            ...aboveThatLack(before, (at) => rows.includes(`*${at}`)),
          ]);

          expect(jumped).toEqual([]);
        },
      ),
    );
  });

  it('need as many steps as a run can be halved, not as it has rules', () => {
    const changes = planFor(
      Array.from({ length: 31 }, () => rule('accept')),
      [],
    );

    expect(depth(dependencies(changes))).toBe(31);
    expect(depth(dependencies(spreadRules(changes)))).toBe(5);
  });

  it('that jump, translate or mark are never taken for alike', () => {
    const jump = { ...rule('jump'), 'jump-target': 'sw-own' };
    const changes = planFor([jump, jump, rule('log'), rule('log')], []);
    const own = { chain: 'sw-own', action: 'drop' };

    expect(depth(dependencies(spreadRules(changes)))).toBe(4);
    expect(depth(dependencies(planFor([own, jump], [])))).toBe(2);
  });
});

describe('rows of one menu that are set', () => {
  const set = (id: string, value: string, was: string): Change => ({
    ...{ kind: 'set', path: '/ip/address', key: id, id, secrets: {} },
    values: { address: value },
    was: { address: was },
  });

  it('travel together unless one takes what the other had', () => {
    expect(dependencies([set('*1', '10.0.0.1', '10.0.0.9'), set('*2', '10.0.0.2', '')])).toEqual([
      [],
      [],
    ]);
    expect(dependencies([set('*1', '10.0.0.1', '10.0.0.9'), set('*2', '10.0.0.9', '')])).toEqual([
      [],
      [0],
    ]);
  });
});

describe('batches', () => {
  it('hold every change once, after all that it waits for, and no more than may be', () => {
    fc.assert(
      fc.property(
        fc.array(actions, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 16 }),
        (wanted, size, inFlight) => {
          const changes = planFor(wanted.map(rule), [old('accept', 1), old('drop', 2)]);

          const batches = batchesOf(changes, { size, inFlight });
          const order = batches.flatMap((batch) => batch.changes);

          expect(batches.every((batch) => batch.changes.length <= size)).toBe(true);
          expect(new Set(order.map(({ kind, key }) => `${kind} ${key}`)).size).toBe(changes.length);
          expect(order).toHaveLength(changes.length);
          const first = order.findIndex(({ kind }) => kind === 'remove');
          expect(order.slice(first).every(({ kind }) => kind === 'remove')).toBe(true);
        },
      ),
    );
  });
});

function depth(waits: readonly (readonly number[])[]): number {
  const steps: number[] = [];
  for (const before of waits) steps.push(1 + Math.max(0, ...before.map((at) => steps[at]!)));
  return Math.max(...steps);
}
