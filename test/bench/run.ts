/**
 * CPU per operation on the hot paths, printed as a table. CPU (user + system) is the stable figure on
 * a shared machine; each line is the median of several rounds, after one that warms up.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { desired } from '../../controller/desired/desired.ts';
import { plan } from '../../controller/plan.ts';
import { factoryMenus, input } from '../../controller/test-input.ts';
import { routerModel } from '../../controller/test-model.ts';
import { compileLists } from '../../filter/compile.ts';
import { toWire } from '../../filter/name.ts';
import { lookup, openTable } from '../../filter/table.ts';
import { steppedClock } from '../../lib/clock.ts';
import { createMetrics } from '../../lib/metrics.ts';
import { createAuthHandler } from '../../radius/auth.ts';
import { createRadiusMetrics } from '../../radius/metrics.ts';
import {
  accessRequest,
  PORTAL,
  SILENT,
  START_MS,
  seedRouters,
  seedSubscriber,
  seedTariff,
  seedVoucher,
  TIME_ZONE,
} from '../../radius/radius.fixture.ts';
import { openStore } from '../../store/open.ts';
import { accountingLoad } from './accounting.ts';

const ROUNDS = 7;
const AUTHENTICATE_ONLY = 8;

interface Line {
  readonly name: string;
  readonly microseconds: number;
  readonly target: number;
}

/** Median CPU microseconds of one operation; `round` does `count` of them. */
async function measure(
  name: string,
  target: number,
  count: number,
  round: () => Promise<void> | void,
): Promise<Line> {
  const figures: number[] = [];
  for (let i = 0; i <= ROUNDS; i += 1) {
    const before = process.cpuUsage();
    await round();
    const { user, system } = process.cpuUsage(before);
    if (i > 0) figures.push((user + system) / count);
  }
  return { name, target, microseconds: figures.toSorted((a, b) => a - b)[ROUNDS >> 1]! };
}

async function authentication(): Promise<Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'smartwifi-bench-'));
  const { store } = await openStore({
    store: `sqlite:${join(directory, 'store.db')}`,
    keyFile: join(directory, 'store.key'),
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true }));
  stack.use(store);
  const { router } = await seedRouters(store, '10.99.0.1');
  const tariff = await seedTariff(store, 'harian');
  const { code } = await seedVoucher(store, tariff);
  await seedSubscriber(store, 'siti', 'kata sandi siti', tariff);
  const handler = stack.use(
    createAuthHandler({
      store,
      clock: steppedClock(START_MS),
      log: SILENT,
      metrics: createRadiusMetrics(createMetrics()),
      timeZone: TIME_ZONE,
      interimSeconds: 300,
      portal: PORTAL,
    }),
  );
  const ask = (name: string, username: string, password: string): Promise<Line> => {
    const count = 2000;
    const packets = Array.from({ length: count }, (_, i) =>
      accessRequest({
        username,
        password,
        secret: PORTAL.secret,
        identifier: i & 255,
        more: [
          ['Service-Type', AUTHENTICATE_ONLY],
          ['NAS-Identifier', router.name],
          ['Calling-Station-Id', 'AA:BB:CC:00:00:01'],
          ['Framed-IP-Address', '172.16.0.10'],
        ],
      }),
    );
    let port = 1024;
    return measure(name, 60, count, async () => {
      // Another source port each round: the same packet again would be a retransmit.
      port += 1;
      for (const { bytes } of packets) {
        const reply = await handler.handle(bytes, { address: PORTAL.address, port });
        if (reply?.[0] !== 2) throw new Error('not accepted');
      }
    });
  };
  return [
    await ask('Authenticate-Only, voucher', code, code),
    await ask('Authenticate-Only, account, warm', 'siti', 'kata sandi siti'),
  ];
}

/** The store's part, on a disk that waits for each COMMIT. */
async function accounting(): Promise<Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'smartwifi-bench-'));
  const { store } = await openStore({
    store: `sqlite:${join(directory, 'store.db')}`,
    keyFile: join(directory, 'store.key'),
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true }));
  stack.use(store);
  const { router } = await seedRouters(store, '10.99.0.1');
  const tariff = await seedTariff(store, 'harian');
  const count = 2560;
  const rounds = 2 * (ROUNDS + 1);
  const load = await accountingLoad(store, { router, tariff, at: START_MS }, rounds * count);
  const record = (batch: number): Promise<Line> =>
    measure(`accounting report, ${batch} at a time`, 60, count, async () => {
      for (let i = 0; i < count; i += batch) {
        await Promise.all(load.next(batch).map((event) => store.recordAccounting(event)));
      }
    });
  return [await record(128), await record(256)];
}

function filterLookup(): Promise<Line> {
  const names = Array.from({ length: 200_000 }, (_, i) => `www.${i.toString(36)}-contoh.example`);
  const list = {
    name: 'bench',
    category: 'adult',
    format: 'domains',
    match: 'suffix',
    source: '',
    entries: 0,
    sha256: null,
    updatedAt: null,
    error: null,
  } as const;
  const text = Buffer.from(names.filter((_, i) => i % 2 === 0).join('\n'));
  const reader = openTable(compileLists([{ list, text }]).table);
  const wires = names.map((name) => toWire(name)!);
  return measure('table lookup, half of them hits', 1, wires.length, () => {
    let hits = 0;
    for (const wire of wires) if (lookup(reader, wire, 0) !== 0) hits += 1;
    if (hits < wires.length / 2) throw new Error(`only ${hits} hits`);
  });
}

function routerPlan(): Promise<Line> {
  const count = 200;
  const configuration = desired(input());
  const observed = routerModel(factoryMenus()).observed();
  return measure('plan of one router from factory state', 5000, count, () => {
    for (let i = 0; i < count; i += 1) {
      if (plan(configuration, observed).length === 0) throw new Error('the plan is empty');
    }
  });
}

const lines = [
  ...(await authentication()),
  ...(await accounting()),
  await filterLookup(),
  await routerPlan(),
];
console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? '?'}, Node ${process.versions.node}; CPU µs an operation\n`,
);
for (const { name, microseconds, target } of lines) {
  const verdict = microseconds < target ? 'within' : 'ABOVE';
  console.log(`${name.padEnd(40)} ${microseconds.toFixed(2).padStart(9)}   ${verdict} ${target}`);
}
process.exitCode = lines.every((line) => line.microseconds < line.target) ? 0 : 1;
