/**
 * Names on the wire against the published schema of RouterOS: what the twin shows and answers to, and what
 * the controller asks and writes in the life of a router. Tables are compared elsewhere; here counts only
 * what is said.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { pollRouter } from '../../../controller/poll.ts';
import { provisionRouter, type RouterTask } from '../../../controller/provision.ts';
import { connectRouter, type RouterOsConnection } from '../../../controller/routeros/client.ts';
import { RouterTrap } from '../../../controller/routeros/errors.ts';
import { SETTINGS } from '../../../controller/test-input.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { ADMIN, startTwin, type TestTwin } from '../../../simulator/api/test-twin.ts';
import { MENUS } from '../../../simulator/menu/schema.ts';
import {
  menuExists,
  propertyExists,
  type RouterOsSchema,
  routerOsSchema,
  strangeIn,
} from '../../fixtures/routeros-schema.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';

const published = routerOsSchema();
const schema: RouterOsSchema = published ?? {};
const BOARDS = ['hap-ax2', 'hap-ac2', 'hap-lite'];
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function connect(twin: TestTwin): Promise<RouterOsConnection> {
  const to = { host: '127.0.0.1', port: twin.api.port };
  const connection = await connectRouter({ ...to, user: ADMIN.name, password: ADMIN.password });
  open.push(connection);
  return connection;
}

const refused = (error: unknown): RouterTrap => {
  if (error instanceof RouterTrap) return error;
  throw error;
};

describe.skipIf(published === null)('a twin', () => {
  it.each(['7.16.2', '7.18.2', '7.20.8', '7.24'])(
    'of %s shows no menu and no property that its version has not',
    async (version) => {
      const strange = new Set<string>();
      for (const board of BOARDS) {
        const twin = await startTwin({ version, board });
        open.push(twin);
        const connection = await connect(twin);
        for (const path of MENUS.keys()) {
          const rows = await connection.run(`${path}/print`).catch(refused);
          if (rows instanceof RouterTrap) continue;
          const menu = schema[path];
          if (menu === undefined || !menuExists(menu, version)) strange.add(path);
          for (const name of rows.flatMap((row) => Object.keys(row))) {
            const known = name === '.id' || propertyExists(menu?.properties?.[name], version);
            if (!known) strange.add(`${path} ${name}`);
          }
        }
      }

      expect([...strange]).toEqual([]);
    },
  );

  it.each(['7.16.2', '7.24'])('of %s answers to no command that is none', async (version) => {
    const verbs = new Set(
      Object.values(schema).flatMap((menu) => Object.keys(menu?.commands ?? {})),
    );
    const twin = await startTwin({ version });
    open.push(twin);
    const connection = await connect(twin);
    // Of any path a twin exports what lies below, be it nothing.
    verbs.delete('export');
    const words = [...MENUS.keys()].flatMap((path) => [...verbs].map((verb) => `${path}/${verb}`));

    const known: string[] = [];
    for (const word of words) {
      // Refused by whoever knows the command, so nothing is done.
      const answer = await connection.run(word, { 'no-such-argument': '' }).catch(refused);
      if (!(answer instanceof RouterTrap && answer.missing)) known.push(word);
    }

    const strange = known.flatMap((word) => strangeIn(schema, version, word, new Map()));
    expect(known.length).toBeGreaterThan(300);
    expect(strange).toEqual([]);
  });
});

const LINKS = {
  dhcp: {},
  'pppoe and LTE': {
    'wan.kind': 'pppoe',
    'wan.vlan': '100',
    'wan.pppoe-user': 'desa',
    'wan.pppoe-password': 'rahasia',
    'wan2.kind': 'lte',
    'wan2.apn': 'internet',
    'link.down-kbps': '2000',
    'link.up-kbps': '512',
    'link.metered-gb': '50',
    'outage.new-phones': 'pass',
  },
  'static with failover': {
    'wan.kind': 'static',
    'wan.address': '203.0.113.6/30',
    'wan.gateway': '203.0.113.5',
    'wan2.kind': 'dhcp',
  },
};

interface Said {
  readonly word: string;
  readonly attributes: ReadonlyMap<string, string>;
}

interface Life extends AsyncDisposable {
  readonly twin: TestTwin;
  readonly said: Said[];
  task(): Promise<RouterTask>;
}

/** A factory twin that writes down what it is told, and a store that knows it. */
async function lifeOf(
  factory: { version: string; board: string },
  settings: Readonly<Record<string, string>>,
): Promise<Life> {
  await using stack = new AsyncDisposableStack();
  const said: Said[] = [];
  const onCommand = ({ word, attributes }: Said): void => void said.push({ word, attributes });
  const twin = stack.use(await startTwin({ ...factory, modem: true }, { onCommand }));
  const { store } = stack.use(await ENGINES[0]!.open());
  await store.importVillages({ villages: [village], at: AT });
  const at = { address: '127.0.0.1', apiPort: twin.api.port };
  const who = { apiUser: ADMIN.name, apiPassword: ADMIN.password };
  await store.addRouter({ ...newRouter, ...at, ...who });
  const place = { level: 'village' as const, code: village.code, at: AT };
  for (const [name, value] of Object.entries(settings)) {
    await store.setSetting({ ...place, name, value, secret: name.endsWith('password') });
  }
  const owned = stack.move();
  return {
    twin,
    said,
    task: async () => ({
      store,
      router: (await store.listRouters())[0]!,
      settings: SETTINGS,
      log: createLogger('test', 'silent'),
      clock: realClock,
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe.skipIf(published === null)('the controller', () => {
  it.each([
    ['7.16.2', 'hap-ac2', 'dhcp'],
    ['7.16.2', 'hap-ax2', 'pppoe and LTE'],
    ['7.18.2', 'hap-lite', 'static with failover'],
    ['7.20.8', 'hap-ax2', 'static with failover'],
    ['7.24', 'hap-ac2', 'pppoe and LTE'],
    ['7.24', 'hap-ax2', 'dhcp'],
  ] as const)('says to %s on %s with %s only what is there', async (version, board, link) => {
    const life = await lifeOf({ version, board }, LINKS[link]);
    open.push(life);

    const first = await provisionRouter(await life.task());
    expect(first).toMatchObject({ outcome: 'applied', detail: null });
    const { tree } = life.twin;
    // Somebody at the router: rules in another order, one gone, one changed, one more.
    const rules = tree
      .rows('/ip/firewall/filter')
      .filter(({ values }) => values.comment?.startsWith('sw:'));
    tree.move('/ip/firewall/filter', [rules[0]!.id], rules[3]!.id);
    tree.remove('/ip/firewall/filter', [rules[5]!.id]);
    tree.set('/ip/firewall/filter', [rules[6]!.id], new Map([['disabled', 'yes']]), { user: 'x' });
    const again = await provisionRouter(await life.task());
    const connection = await connect(life.twin);
    await pollRouter(connection, AbortSignal.timeout(5000));

    const strange = life.said.flatMap(({ word, attributes }) =>
      strangeIn(schema, version, word, attributes),
    );
    const verbs = new Set(life.said.map(({ word }) => word.slice(word.lastIndexOf('/') + 1)));
    expect([...new Set(strange)]).toEqual([]);
    expect(again).toMatchObject({ outcome: 'applied', detail: null });
    expect([...verbs]).toEqual(expect.arrayContaining(['print', 'add', 'set', 'move', 'remove']));
  });
});

describe.skipIf(published === null)('the check', () => {
  it.each([
    ['/no/such/menu/print', {}, '/no/such/menu/print: no such menu'],
    ['/safe-mode/take', {}, '/safe-mode/take: no such menu'],
    ['/ip/pool/frobnicate', {}, '/ip/pool/frobnicate: no such command'],
    ['/ip/pool/add', { nmae: 'x' }, '/ip/pool/add: nmae'],
    ['/ip/pool/add', { 'place-before': '*1' }, '/ip/pool/add: place-before'],
    ['/ip/pool/print', { '.proplist': 'name,rangse' }, '/ip/pool/print: rangse'],
    ['/ip/pool/print', { '.proplist': 'name,name' }, '/ip/pool/print: name is asked for twice'],
    ['/ip/hotspot/set', { invalid: 'no' }, '/ip/hotspot/set: invalid'],
    [
      '/tool/netwatch/set',
      { 'ignore-initial-down': 'yes' },
      '/tool/netwatch/set: ignore-initial-down',
    ],
    ['/system/reboot', { now: 'yes' }, '/system/reboot: now'],
  ])('of %s %o finds what is wrong before 7.18', (word, attributes, expected) => {
    expect(strangeIn(schema, '7.16.2', word, new Map(Object.entries(attributes)))).toEqual([
      expected,
    ]);
  });
});
