/** Plan and apply against the twin, over a link: what is written, what is left, what is never shown. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readExport } from '../../../controller/backup/read-export.ts';
import { ROLLBACK } from '../../../controller/dead-man.ts';
import { planRouter, provisionRouter, type RouterTask } from '../../../controller/provision.ts';
import { planDocument, renderPlan } from '../../../controller/render-plan.ts';
import { apiPasswordOf } from '../../../controller/village.ts';
import { createLogger } from '../../../lib/log.ts';
import {
  ADMIN_PASSWORD,
  type ApplyStand,
  applyStand,
  configurationOf,
  NAS_SECRET,
  type StandOptions,
} from './apply-stand.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function stand(options: StandOptions = {}): Promise<ApplyStand> {
  const made = await applyStand(options);
  open.push(made);
  return made;
}

describe('a router from factory state', { timeout: 60_000 }, () => {
  it.each(['7.16.2', '7.18.2', '7.20.8', '7.24'])(
    'with RouterOS %s comes to an empty plan and keeps nothing of the way there',
    async (version) => {
      const { task, tree } = await stand({ version });

      const first = await provisionRouter(task());
      const { changes } = await planRouter(task());

      expect(first).toMatchObject({ outcome: 'applied', empty: true, detail: null });
      expect(changes).toEqual([]);
      expect(tree.rows('/system/scheduler')).toEqual([]);
      expect(tree.fileBytes('sw-prechange.backup')).toBeUndefined();
    },
  );

  it('needs few enough round trips for a satellite, its backup included', async () => {
    const { task, link } = await stand({ settings: { 'link.rtt-ms': '600' } });
    Object.assign(link.path, { rttMs: 10 });
    const backUp: RouterTask['backUp'] = async (_router, { connection }) =>
      void (await readExport(connection));

    await provisionRouter({ ...task(), backUp });
    const first = link.counts;
    await planRouter(task());

    // With 600 ms each that is less than 40 s; `npm run bench:apply` measures it.
    expect(first.roundTrips).toBeLessThan(65);
    expect(link.counts.writes).toBe(first.writes);
    expect(link.counts.roundTrips - first.roundTrips).toBeLessThan(7);
  });
});

describe('secrets', { timeout: 60_000 }, () => {
  it('are in no plan, no document and no line of the log, whatever becomes of the apply', async () => {
    const lines: string[] = [];
    // What is handed to the log, before it redacts.
    const log = new Proxy(createLogger('test', 'silent'), {
      get: (target, name) =>
        ['debug', 'info', 'warn', 'error'].includes(String(name))
          ? (...said: unknown[]) => void lines.push(JSON.stringify(said))
          : Reflect.get(target, name),
    });
    const { task, link, row } = await stand({ log });
    const { store } = task();
    const secrets = [NAS_SECRET, ADMIN_PASSWORD, apiPasswordOf(store, row().id)];

    const { changes } = await planRouter(task());
    link.cut({ kind: 'reset', atWrite: 60 });
    const failed = await provisionRouter(task());
    link.restore();
    const applied = await provisionRouter(task());

    expect([failed.outcome, applied.outcome]).toEqual(['failed', 'applied']);
    expect(lines.length).toBeGreaterThan(1);
    const shown = [
      ...lines,
      renderPlan(changes, { colour: true }),
      JSON.stringify(planDocument(changes)),
      JSON.stringify([failed.detail, applied.detail, row()]),
    ].join('\n');
    for (const secret of secrets) expect(shown).not.toContain(secret);
  });
});

describe('a router that is as it should be', { timeout: 60_000 }, () => {
  it('loses the dead-man that an earlier attempt has left, and nothing else', async () => {
    const { task, tree, link } = await stand();
    await provisionRouter(task());
    const event = '/system backup load name=sw-prechange password=""';
    tree.add(
      '/system/scheduler',
      new Map(Object.entries({ name: ROLLBACK, interval: '10m', 'on-event': event })),
    );
    const { writes } = link.counts;

    const again = await provisionRouter(task());

    expect(again).toMatchObject({ outcome: 'unchanged', empty: true });
    expect(tree.rows('/system/scheduler')).toEqual([]);
    expect(link.counts.writes).toBe(writes + 1);
  });

  it('is called drifted, with the difference, when it does not keep what it was told', async () => {
    const { task, tree, row } = await stand();
    // Whatever is written there, somebody at the router has it otherwise a moment later.
    const stop = tree.onChange((path) => {
      if (path === '/snmp' && tree.single('/snmp').enabled === 'false') {
        tree.assign('/snmp', '', { enabled: 'true' });
      }
    });
    tree.assign('/snmp', '', { enabled: 'true' });

    const result = await provisionRouter(task());
    stop();

    expect(result).toMatchObject({ outcome: 'drifted', empty: false });
    expect(row()).toMatchObject({
      provisioning: 'drifted',
      appliedDigest: null,
      provisioningDetail: '~ /snmp enabled: true -> no',
    });
  });
});

describe('a way back', { timeout: 60_000 }, () => {
  it('is gone when what stands in the end does not let ourselves in', async () => {
    const { task, tree, row } = await stand();
    const before = configurationOf(tree);
    // Somebody at the router gives our user another password as soon as it is there.
    const stop = tree.onChange((path) => {
      const ours = tree.rows('/user').find(({ values }) => values.name === 'sw-ctl');
      if (path !== '/user' || ours === undefined || ours.values.comment !== 'sw:usr') return;
      tree.set(
        '/user',
        [ours.id],
        new Map([
          ['password', 'theirs'],
          ['comment', 'mine now'],
        ]),
      );
    });

    const result = await provisionRouter(task());
    stop();

    expect(result).toMatchObject({ outcome: 'failed', code: 'ROUTER_LOGIN' });
    expect(row()).toMatchObject({ apiUser: 'admin', appliedDigest: null });
    await vi.waitUntil(() => configurationOf(tree) === before, { timeout: 20_000, interval: 5 });
  });

  it('is wanted before 7.18, and where device-mode forbids it nothing is written', async () => {
    const { task, tree, link, row } = await stand({ version: '7.17.2' });
    tree.assign('/system/device-mode', '', { scheduler: 'false' });

    const result = await provisionRouter(task());

    expect(result).toMatchObject({ outcome: 'failed', code: 'ROUTER_DEVICE_MODE' });
    expect(row().provisioningDetail).toContain('forbids the scheduler');
    expect(link.counts.writes).toBe(0);
  });

  it('is found in the backup when the flash is full, and nothing is written then', async () => {
    const { task, tree } = await stand({ version: '7.16.2', board: 'hap-lite' });
    tree.writeFile('flash/filler', Buffer.alloc(tree.free().disk - 100));
    const rules = tree.rows('/ip/firewall/filter').length;

    const result = await provisionRouter(task());

    expect(result).toMatchObject({ outcome: 'failed', code: 'ROUTER_TRAP' });
    expect(tree.rows('/ip/firewall/filter')).toHaveLength(rules);
    expect(tree.rows('/system/scheduler')).toEqual([]);
  });
});
