import { ROUTER, SETTINGS } from '../../../controller/test-input.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { createAccountingHandler } from '../../../radius/accounting.ts';
import type { Handle } from '../../../radius/exchange.ts';
import { createRadiusMetrics } from '../../../radius/metrics.ts';
import { PORTAL, SILENT, START_MS, TIME_ZONE } from '../../../radius/radius.fixture.ts';
import { createRadiusClient, type RadiusClient } from '../../../simulator/nas/client.ts';
import { radiusServers } from '../../../simulator/nas/config.ts';
import { createNas, type Nas } from '../../../simulator/nas/nas.ts';
import type { OpenDatagrams } from '../../../simulator/nas/udp.ts';
import type { clockOn } from '../../../simulator/queues/timeline.ts';
import { exchange, type Round } from '../../../simulator/queues/traffic.ts';
import { type AuthStand, NAS_ADDRESS } from '../radius/auth-stand.ts';
import type { ApplyStand } from './apply-stand.ts';

import { type Place, SERVER, THINK_MS } from './shared-link-place.ts';

/** A phone that comes to the portal and logs in. */
export interface Visit {
  readonly at: number;
  /** Seconds until its page was there; null: never. */
  page: number | null;
  login: 'accept' | 'reject' | 'timeout' | 'none' | null;
}

const UDP_HEAD = 28;
const PAGE: readonly Round[] = [
  { asked: 0, answered: 0, thinkMs: 0 },
  { asked: 600, answered: 14_000, thinkMs: THINK_MS },
];

interface NasPlace extends Place {
  readonly stand: ApplyStand;
  readonly auth: AuthStand;
  readonly clock: ReturnType<typeof clockOn>;
}

/** The twin's NAS by the rows that it was given, and our server's handlers at the other end. */
export async function villageNas(
  place: NasPlace,
): Promise<{ readonly nas: Nas; readonly client: RadiusClient } & AsyncDisposable> {
  const { timeline, stand, auth, clock } = place;
  const accounting = createAccountingHandler({
    ...{ store: auth.store, clock, log: SILENT, timeZone: TIME_ZONE, portal: PORTAL },
    metrics: createRadiusMetrics(createMetrics()),
  });
  const byPort = new Map<number, Handle>([
    [SETTINGS.authPort, auth.handler({ clock }).handle],
    [SETTINGS.acctPort, accounting.handle],
  ]);
  const waits = {
    now: timeline.now,
    later: (ms: number, act: () => void) => timeline.at(timeline.now() + ms, act),
  };
  const client = createRadiusClient({
    ...{ address: ROUTER.address, owns: () => true, waits },
    locate: (host, port) => ({ host, port }),
    open: datagramsOver(place, byPort),
  });
  const servers = (): ReturnType<typeof radiusServers> => radiusServers(stand.tree);
  const nas = createNas({
    client,
    servers,
    address: ROUTER.address,
    clock,
    waits,
    routerNow: clock.now,
  });
  return {
    ...{ nas, client },
    [Symbol.asyncDispose]: async () => {
      nas.forget();
      client.reset();
      await accounting.settled();
      accounting[Symbol.dispose]();
    },
  };
}

/** Datagrams of the router go through the link to the handler of their port, and its reply comes back. */
function datagramsOver(
  { timeline, wan, outside }: Place,
  byPort: ReadonlyMap<number, Handle>,
): OpenDatagrams {
  let sourcePort = 49_152;
  return (_source, { heard }) => {
    sourcePort += 1;
    const own = sourcePort;
    let isOpen = true;
    const udp = (octets: number) => ({ protocol: 'udp' as const, octets: octets + UDP_HEAD });
    const answered = (reply: Buffer | null, port: number): void => {
      if (reply === null) return;
      timeline.at(timeline.now() + THINK_MS, () =>
        wan.send({
          ...{ from: 'server', to: 'router', source: SERVER, destination: ROUTER.address },
          ...{ ...udp(reply.length), sourcePort: port, port: own },
          arrive: () => {
            outside.touch();
            if (isOpen) heard(reply, SERVER, port);
          },
        }),
      );
    };
    return {
      send: (bytes, port) =>
        wan.send({
          ...{ from: 'router', to: 'server', source: ROUTER.address, destination: SERVER },
          ...{ ...udp(bytes.length), sourcePort: own, port },
          arrive: () => {
            const asked = byPort.get(port)!(bytes, { address: NAS_ADDRESS, port: own });
            void outside.during(asked).then((reply) => answered(reply, port));
          },
        }),
      close: () => {
        isOpen = false;
      },
    };
  };
}

const VISIT_MS = 6000;
const INTERIM_MS = 300_000;

/** Phone after phone opens the portal, logs in with its token, is reported, and leaves after a while. */
export function comings(
  place: Place & { clock: ReturnType<typeof clockOn>; auth: AuthStand; nas: Nas },
): Visit[] {
  const { timeline, outside } = place;
  const visits: Visit[] = [];
  const come = (): void => {
    const visit: Visit = { at: (timeline.now() - START_MS) / 1000, page: null, login: null };
    visits.push(visit);
    const index = visits.length;
    exchange(
      place,
      {
        ...{ from: 'phone', to: 'server', protocol: 'tcp', destination: SERVER, port: 80 },
        ...{ source: `172.16.4.${100 + (index % 100)}`, sourcePort: 1024 + (index % 60_000) },
      },
      PAGE,
      (at) => {
        visit.page = (at - START_MS) / 1000 - visit.at;
      },
    );
    outside.touch();
    void logIn(place, visit, index);
    timeline.at(timeline.now() + VISIT_MS, come);
  };
  come();
  return visits;
}

async function logIn(
  { clock, auth, nas, outside }: Parameters<typeof comings>[0],
  visit: Visit,
  index: number,
): Promise<void> {
  const hex = index.toString(16).padStart(4, '0').toUpperCase();
  const mac = `02:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
  const { username, token } = await outside.during(issue(auth, mac, clock.now()));
  const identity = {
    ...{ identity: ROUTER.name, hotspot: 'sw-hs1', interface: 'br-hotspot', nasPortType: 19 },
    ...{ locationId: ROUTER.villageCode, locationName: ROUTER.villageName },
  };
  const acctSessionId = (0x8010_0000 + index).toString(16);
  const session = { nas: identity, acctSessionId, mac, ip: `172.16.5.${index % 250}` };
  const answer = await nas.login(session, { username, password: { kind: 'pap', text: token } });
  visit.login = answer.kind;
  if (answer.kind !== 'accept') return;
  const reported = { ...session, username, classes: answer.grant.classes };
  const usage = (seconds: number) => ({
    ...{ inputOctets: 1000 * seconds, outputOctets: 9000 * seconds },
    ...{ inputPackets: seconds, outputPackets: 6 * seconds, seconds },
  });
  void nas.report(reported, { status: 'start' });
  await clock.sleep(INTERIM_MS);
  void nas.report(reported, { status: 'interim', usage: usage(300) });
  await clock.sleep(INTERIM_MS / 2);
  void nas.report(reported, { status: 'stop', usage: usage(450), cause: 'User-Request' });
}

async function issue(auth: AuthStand, mac: string, at: number) {
  const { store, router } = auth;
  const made = await store.createVouchers({
    tariff: await tariffOf(auth),
    count: 1,
    villageCode: null,
    batch: 'uji',
    at,
  });
  const account = { accountKind: 'voucher', accountId: made[0]!.id } as const;
  return store.issueToken({ ...account, mac, routerId: router.id, at, ttlMs: 600_000 });
}

const tariffs = new WeakMap<AuthStand, Promise<string>>();

function tariffOf(auth: AuthStand): Promise<string> {
  const known = tariffs.get(auth) ?? auth.tariff({ devices: 5 });
  tariffs.set(auth, known);
  return known;
}
