import {
  type ConnectOptions,
  connectRouter,
  type RouterOsConnection,
} from '../../../controller/routeros/client.ts';
import { RouterOsError } from '../../../controller/routeros/errors.ts';
import { ROUTER } from '../../../controller/test-input.ts';
import { START_MS } from '../../../radius/radius.fixture.ts';
import type { Link } from '../../../simulator/link/link.ts';
import type { Timeline } from '../../../simulator/queues/timeline.ts';
import { exchange, type Round, type Talkers } from '../../../simulator/queues/traffic.ts';

import { type Place, SERVER } from './shared-link-place.ts';

/** A router's command. */
const ROUTER_THINK_MS = 20;

/** Our client on the twin, slowed down by the model. */
export function modelConnect(place: Place & { readonly link: Link }) {
  const { timeline, outside } = place;
  let port = 50_000;
  /** One command after the other, so that the octets of each are told apart. */
  let turn: Promise<unknown> = Promise.resolve();
  const counted = async <T>(work: () => Promise<T>): Promise<{ value: T; rounds: Round[] }> => {
    const mine = turn.then(async () => {
      const before = place.link.counts;
      const value = await work();
      const after = place.link.counts;
      const asked = after.octetsUp - before.octetsUp;
      const answered = after.octetsDown - before.octetsDown;
      return { value, rounds: [{ asked, answered, thinkMs: ROUTER_THINK_MS }] };
    });
    turn = mine.catch(() => undefined);
    return outside.during(mine);
  };
  return async (options: ConnectOptions): Promise<RouterOsConnection> => {
    port += 1;
    const talkers: Talkers = {
      ...{ from: 'server', to: 'router', protocol: 'tcp', source: SERVER },
      ...{ destination: ROUTER.address, sourcePort: port, port: 8728 },
    };
    const travel = (rounds: readonly Round[], ms: number, late: () => RouterOsError) =>
      within(place, talkers, rounds, ms, late);
    const connectMs = options.connectTimeoutMs ?? 3000;
    const commandMs = options.commandTimeoutMs ?? 10_000;
    const { value: real, rounds } = await counted(() => connectRouter(options));
    const dialledAt = timeline.now();
    let usedAt = dialledAt;
    await travel([{ asked: 0, answered: 0, thinkMs: 0 }, ...rounds], connectMs, () => {
      void real.close();
      return new RouterOsError('ROUTER_UNREACHABLE', `no answer in ${connectMs} ms`);
    });
    /** A look goes on without a pause; its deadline counts from its beginning. */
    let lookAt = dialledAt;
    const command = async <T>(work: () => Promise<T>): Promise<T> => {
      if (timeline.now() - usedAt > 1000 && usedAt !== dialledAt) lookAt = timeline.now();
      const { value, rounds: asked } = await counted(work);
      const left = Math.min(commandMs, lookAt + commandMs - timeline.now());
      await travel(asked, left, () => new RouterOsError('ROUTER_TIMEOUT', 'no answer in time'));
      usedAt = timeline.now();
      return value;
    };
    return {
      ...real,
      get open() {
        return real.open;
      },
      run: (...args) => command(async () => (await real.run(...args)).map(withUptime(timeline))),
      runFor: (...args) => command(() => real.runFor(...args)),
      close: () => real.close(),
    };
  };
}

/** The twin's own clock stands; its uptime is that of the model. */
function withUptime(timeline: Timeline) {
  return <T extends Readonly<Record<string, string>>>(row: T): T =>
    row.uptime === undefined
      ? row
      : { ...row, uptime: `${Math.floor((timeline.now() - START_MS) / 1000)}s` };
}

async function within(
  { timeline, wan, outside }: Place,
  talkers: Talkers,
  rounds: readonly Round[],
  ms: number,
  late: () => RouterOsError,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const running = exchange({ timeline, wan }, talkers, rounds, () => {
    outside.touch();
    forget();
    resolve();
  });
  const forget = timeline.at(timeline.now() + ms, () => {
    outside.touch();
    running.stop();
    reject(late());
  });
  await promise;
}
