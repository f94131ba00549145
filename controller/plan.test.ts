import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desired } from './desired/desired.ts';
import { type Change, plan } from './plan.ts';
import { longestIncreasing } from './plan-strays.ts';
import { renderPlan } from './render-plan.ts';
import { FACTS, factoryMenus, input } from './test-input.ts';
import { type ModelRow, type RouterModel, routerModel } from './test-model.ts';

const CONFIGURATION = desired(input());

function provisioned(): RouterModel {
  const model = routerModel(factoryMenus());
  model.apply(plan(CONFIGURATION, model.observed()));
  return model;
}

const kindsOf = (changes: readonly Change[]): string[] => [
  ...new Set(changes.map((change) => change.kind)),
];

describe('plan', () => {
  it('is empty once it has been applied to a factory router', () => {
    expect(plan(CONFIGURATION, provisioned().observed())).toEqual([]);
  });

  it('creates, sets, then removes', () => {
    const model = routerModel(factoryMenus());

    expect(kindsOf(plan(CONFIGURATION, model.observed()))).toEqual([
      'file',
      'add',
      'set',
      'remove',
    ]);
  });

  it('takes factory rows over or away, and leaves the lists', () => {
    const model = provisioned();

    const ports = model.menus.get('/interface/bridge/port')!;
    expect(ports.map((row) => row.bridge)).toEqual(ports.map(() => 'br-hotspot'));
    expect(model.menus.get('/interface/bridge')).toHaveLength(1);
    expect(model.menus.get('/ip/dhcp-client')).toMatchObject([{ comment: 'sw:wan-dhcp' }]);
    expect(model.menus.get('/ip/address')).toMatchObject([{ address: '172.16.4.1/22' }]);
    expect(model.menus.get('/interface/list')!.map((row) => row.name)).toEqual(
      expect.arrayContaining(['WAN', 'LAN']),
    );
    const filter = model.menus.get('/ip/firewall/filter')!;
    expect(filter.every((row) => row.comment?.startsWith('sw:'))).toBe(true);
  });

  it('removes the drops of the factory before its accepts', () => {
    const removed = plan(CONFIGURATION, routerModel(factoryMenus()).observed()).flatMap((change) =>
      change.kind === 'remove' && change.path === '/ip/firewall/filter' ? [change.key] : [],
    );

    expect(removed.at(-1)).toContain('accept established');
  });

  it('adds accepts of the API before the drop', () => {
    const keys = plan(CONFIGURATION, routerModel({}).observed()).flatMap((change) =>
      change.kind === 'add' ? [change.key] : [],
    );

    expect(keys.indexOf('in-31')).toBeLessThan(keys.indexOf('in-99'));
    expect(keys.indexOf('in-10')).toBeLessThan(keys.indexOf('in-99'));
  });

  it('puts a lost rule back in its place', () => {
    const model = provisioned();
    const filter = model.menus.get('/ip/firewall/filter')!;
    const before = filter.map((row) => row.comment);
    filter.splice(before.indexOf('sw:fw-30'), 1);

    const changes = plan(CONFIGURATION, model.observed());
    model.apply(changes);

    expect(changes).toMatchObject([{ kind: 'add', key: 'fw-30', before: { key: 'fw-31' } }]);
    expect(filter.map((row) => row.comment)).toEqual(before);
  });

  it('moves one row that stands wrong, and only that', () => {
    const model = provisioned();
    const filter = model.menus.get('/ip/firewall/filter')!;
    filter.unshift(filter.pop()!);

    const changes = plan(CONFIGURATION, model.observed());

    expect(changes).toMatchObject([{ kind: 'move', key: 'fw-99', before: null }]);
  });

  it('moves two rows that stand wrong, and only those, unless a row has to go as well', () => {
    const model = provisioned();
    const filter = model.menus.get('/ip/firewall/filter')!;
    const [fw90, fw99] = filter.splice(-2);
    filter.unshift(fw99!, fw90!);

    expect(plan(CONFIGURATION, model.observed())).toMatchObject([
      { kind: 'move', key: 'fw-90', before: null },
      { kind: 'move', key: 'fw-99', before: null },
    ]);

    filter.unshift({ '.id': '*F1', chain: 'forward', action: 'accept', comment: 'sw:old' });
    const all = plan(CONFIGURATION, model.observed());
    expect(all.filter(({ kind }) => kind === 'move').length).toBeGreaterThan(5);
  });

  it('ignores dynamic rows', () => {
    const model = provisioned();
    model.menus
      .get('/ip/firewall/filter')!
      .unshift({ '.id': '*F0', dynamic: 'true', chain: 'forward', action: 'jump' });

    expect(plan(CONFIGURATION, model.observed())).toEqual([]);
  });

  it('removes what is tagged as ours and not wanted, and the second of two alike', () => {
    const model = provisioned();
    const pools = model.menus.get('/ip/pool')!;
    pools.push({ '.id': '*E1', name: 'x', comment: 'sw:old' }, { ...pools[0]!, '.id': '*E2' });

    expect(plan(CONFIGURATION, model.observed())).toMatchObject([
      { kind: 'remove', id: '*E2', reason: 'orphan' },
      { kind: 'remove', id: '*E1', reason: 'orphan' },
    ]);
  });

  it('finds a row of ours whose comment was taken away by its name', () => {
    const model = provisioned();
    delete model.menus.get('/ip/pool')![0]!.comment;

    expect(plan(CONFIGURATION, model.observed())).toMatchObject([
      { kind: 'set', values: { comment: 'sw:pool' } },
    ]);
  });

  it('does not take a port that an operator has bridged', () => {
    const model = routerModel({
      '/interface/bridge/port': [{ bridge: 'bridge', interface: 'ether5', comment: 'CCTV' }],
    });

    const ports = plan(CONFIGURATION, model.observed()).filter(
      (change) => change.path === '/interface/bridge/port' && change.kind !== 'add',
    );

    expect(ports).toEqual([]);
  });

  it('makes a rule anew that somebody has narrowed, before the narrowed one goes', () => {
    const model = provisioned();
    const filter = model.menus.get('/ip/firewall/filter')!;
    const before = filter.map((row) => row.comment);
    const drop = filter.find((row) => row.comment === 'sw:fw-30')!;
    drop['src-address'] = '172.16.4.66';

    const changes = plan(CONFIGURATION, model.observed());
    model.apply(changes);

    expect(changes).toMatchObject([
      { kind: 'add', key: 'fw-30', before: { key: 'fw-31' } },
      { kind: 'remove', id: drop['.id'], reason: 'orphan' },
    ]);
    expect(filter.map((row) => row.comment)).toEqual(before);
    expect(plan(CONFIGURATION, model.observed())).toEqual([]);
  });

  it('writes secrets again only when told to', () => {
    const model = provisioned();

    const changes = plan(CONFIGURATION, model.observed(), { secrets: 'write' });

    expect(changes).toMatchObject([
      { kind: 'set', path: '/user', values: {}, secrets: { password: 'api-password-value' } },
      { kind: 'set', path: '/radius', values: {}, secrets: { secret: 'nas-secret-value' } },
    ]);
  });

  it('writes a page again when it was changed', () => {
    const model = provisioned();
    const page = model.menus.get('/file')!.find((row) => row.name === 'sw/login.html')!;
    page.contents = 'defaced';

    expect(plan(CONFIGURATION, model.observed())).toMatchObject([
      { kind: 'file', key: 'sw/login.html', id: page['.id'] },
    ]);
  });
});

describe('plan, as properties', { timeout: 30_000 }, () => {
  const paths = CONFIGURATION.menus.filter((menu) => menu.kind === 'rows').map((menu) => menu.path);
  const damage = fc.array(
    fc.record({
      path: fc.constantFrom(...paths),
      at: fc.nat(),
      what: fc.constantFrom('remove', 'rotate', 'change', 'narrow', 'foreign', 'orphan', 'untag'),
    }),
    { maxLength: 12 },
  );

  /** Rows of somebody else, told by their comment. */
  const foreignRows = (model: RouterModel): string[] =>
    paths.flatMap((path) =>
      (model.menus.get(path) ?? [])
        .filter((row) => row.comment?.startsWith('operator'))
        .map((row) => `${path} ${JSON.stringify(row)}`),
    );

  const damaged = (harm: { path: string; at: number; what: string }[]): RouterModel => {
    const model = provisioned();
    harm.forEach(({ path, at, what }, index) => {
      const rows = model.menus.get(path) ?? [];
      model.menus.set(path, rows);
      const row = rows[at % Math.max(1, rows.length)];
      // Beyond the ids that the model gives its own rows.
      const id = `*D00${index}`;
      if (what === 'foreign') {
        const one: ModelRow = { '.id': id, name: `op${index}`, comment: `operator ${index}` };
        rows.splice(at % (rows.length + 1), 0, one);
      } else if (what === 'orphan') {
        rows.push({ '.id': id, name: `sw-x${index}`, comment: `sw:x${index}` });
      } else if (row !== undefined && !row.comment?.startsWith('operator')) {
        if (what === 'remove') rows.splice(rows.indexOf(row), 1);
        if (what === 'rotate') rows.push(...rows.splice(0, at % rows.length));
        if (what === 'change') Object.assign(row, { action: 'log', disabled: 'true' });
        if (what === 'narrow') row['src-address'] = '172.16.4.66';
        if (what === 'untag') row.comment = 'sw:?';
      }
    });
    return model;
  };

  it('repairs any damage to the same end, and never touches a foreign row', () => {
    fc.assert(
      fc.property(damage, (harm) => {
        const model = damaged(harm);
        const foreign = foreignRows(model);

        model.apply(plan(CONFIGURATION, model.observed()));

        expect(plan(CONFIGURATION, model.observed())).toEqual([]);
        expect(foreignRows(model)).toEqual(foreign);
      }),
      { numRuns: 100, seed: 11 },
    );
  });

  it('keeps our rows in the desired order among themselves', () => {
    fc.assert(
      fc.property(damage, (harm) => {
        const model = damaged(harm);
        model.apply(plan(CONFIGURATION, model.observed()));

        const menu = CONFIGURATION.menus.find((one) => one.path === '/ip/firewall/filter')!;
        const ours = model.menus.get(menu.path)!.filter((row) => row.comment?.startsWith('sw:'));
        for (const chain of ['input', 'forward']) {
          const wanted = menu.rows.map(({ values }) => values).filter((row) => row.chain === chain);
          expect(ours.filter((row) => row.chain === chain).map((row) => row.comment)).toEqual(
            wanted.map((row) => row.comment),
          );
        }
      }),
      { numRuns: 60, seed: 12 },
    );
  });

  it('moves no more rows than lie outside the longest run in order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40), { maxLength: 25 }), (numbers) => {
        const kept = [...longestIncreasing(numbers)].toReversed();

        expect(numbers.filter((n) => kept.includes(n))).toEqual(kept);
        expect(kept).toEqual(kept.toSorted((a, b) => a - b));
        expect(kept.length).toBe(slowLongest(numbers));
      }),
    );
  });
});

describe('renderPlan', () => {
  it('shows what happens and no secret', () => {
    const model = routerModel(factoryMenus());

    const text = renderPlan(plan(CONFIGURATION, model.observed()));

    expect(text).toContain('+ /radius rad1 service=hotspot');
    expect(text).toContain('secret=••••');
    expect(text).toContain('- /ip/pool (factory) name=default-dhcp');
    expect(text).toContain('~ /system/identity name: MikroTik -> kayuara-01');
    expect(text).not.toMatch(/nas-secret-value|api-password-value/);
  });

  it('is empty for an empty plan', () => {
    expect(renderPlan([])).toBe('');
  });
});

it('plans for an older router without what it lacks', () => {
  const old = desired(input({ facts: { ...FACTS, version: '7.16.2' } }));
  const properties = old.menus.flatMap((menu) =>
    menu.rows.flatMap((row) => Object.keys(row.values)),
  );

  expect(properties).not.toContain('max-clients');
});

function slowLongest(numbers: readonly number[]): number {
  const best: number[] = [];
  numbers.forEach((n, i) => {
    best[i] = 1 + Math.max(0, ...best.slice(0, i).filter((_, j) => numbers[j]! < n));
  });
  return Math.max(0, ...best);
}
