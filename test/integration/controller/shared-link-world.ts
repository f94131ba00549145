/**
 * One village on a satellite link that its phones use up, for the campaign about queues: a twin that our
 * controller has configured, our RADIUS server, our poller, and between them a model of the link.
 *
 * Time is the model's. Packets of RADIUS are real octets of the twin's NAS and of our server's handlers, and
 * wait as long as the model says. Commands of the poller go to the twin over a real connection while the
 * model stands still; then the octets that were counted there travel through the model, and the poller is
 * told what came of it by the limits that it has set itself.
 */
import { createPoller, type Poller } from '../../../controller/poller.ts';
import { provisionRouter } from '../../../controller/provision.ts';
import {
  cadenceFor,
  type LinkProfile,
  linkOf,
  timeoutsFor,
} from '../../../controller/settings/link.ts';
import { ROUTER } from '../../../controller/test-input.ts';
import type { Clock } from '../../../lib/clock.ts';
import { NAS_SECRET, SILENT, START_MS } from '../../../radius/radius.fixture.ts';
import { placeOf, resolveSettings } from '../../../settings/resolve.ts';
import type { RadiusClient } from '../../../simulator/nas/client.ts';
import { clockOn, createTimeline, type Timeline } from '../../../simulator/queues/timeline.ts';
import { type Hunger, startPhone } from '../../../simulator/queues/traffic.ts';
import { createWan, type Wan } from '../../../simulator/queues/wan.ts';
import { authStand } from '../radius/auth-stand.ts';
import { type ApplyStand, applyStand } from './apply-stand.ts';
import { modelConnect } from './shared-link-api.ts';
import { createOutside, type Place } from './shared-link-place.ts';
import { comings, type Visit, villageNas } from './shared-link-radius.ts';

export interface VillageLink {
  readonly downKbps: number;
  readonly upKbps: number;
  readonly rttMs: number;
  readonly bufferMs: number;
  readonly loss: number;
}

export interface LinkWorld extends AsyncDisposable {
  readonly timeline: Timeline;
  readonly wan: Wan;
  readonly stand: ApplyStand;
  readonly poller: Poller;
  readonly radius: RadiusClient;
  /** What the poller has told the store, seconds after the start. */
  readonly states: { readonly state: string; readonly at: number }[];
  readonly visits: Visit[];
  readonly phones: Hunger[];
  /** Ends with everything done that happens within so many minutes. */
  pass(minutes: number): Promise<void>;
  provision(): ReturnType<typeof provisionRouter>;
  /** As when our service starts anew: the next look has to connect. */
  restart(): void;
}

interface Village {
  /** Connections at once by which each phone sends. */
  readonly uploads?: number;
  /** Whether anybody has told us what link it is: only then there are queues, and the patience it needs. */
  readonly isSet?: boolean;
}

const PHONES = 30;

export async function linkWorld(
  link: VillageLink,
  { uploads = 1, isSet = true }: Village = {},
): Promise<LinkWorld> {
  await using stack = new AsyncDisposableStack();
  const timeline = createTimeline(START_MS);
  const outside = createOutside();
  const clock = clockOn(timeline, outside.touch);
  const settings = isSet ? settingsOf(link) : {};
  const stand = stack.use(
    await applyStand({
      ...{ settings, nasSecret: NAS_SECRET },
      // As enrolment leaves it.
      prepare: (tree) => void tree.add('/interface/wireguard', new Map([['name', 'wg-mgmt']])),
    }),
  );
  const provision = (): ReturnType<typeof provisionRouter> => provisionRouter(stand.task());
  const first = await provision();
  if (first.outcome !== 'applied') throw new Error(`not provisioned: ${first.detail}`);
  const random = generator(20_261_124);
  const { tree } = stand;
  const routerAddress = ROUTER.address;
  const wan = stack.use(createWan({ ...link, timeline, tree, routerAddress, random }));
  const place = { timeline, wan, outside };

  const auth = stack.use(await authStand());
  const nasWorld = stack.use(await villageNas({ ...place, stand, auth, clock }));
  const states: { state: string; at: number }[] = [];
  const profile = linkOf(resolveSettings(rowsOf(settings), placeOf(ROUTER)));
  const begin = (): Poller => pollerOf({ ...place, stand, clock, random, states, profile });
  let poller = begin();
  /** What they are still waiting for comes with the model's time. */
  const ended: PromiseLike<void>[] = [];
  stack.defer(() => poller[Symbol.asyncDispose]());

  const phones = Array.from({ length: PHONES }, (_, index) =>
    startPhone(place, {
      ...{ address: `172.16.4.${20 + index}`, downloads: 3, uploads },
      objectOctets: 300_000,
    }),
  );
  const visits = comings({ ...place, clock, auth, nas: nasWorld.nas });
  const owned = stack.move();
  return {
    ...{ timeline, wan, stand, radius: nasWorld.client, states, phones, provision, visits },
    get poller() {
      return poller;
    },
    restart: () => {
      ended.push(poller[Symbol.asyncDispose]());
      poller = begin();
    },
    pass: async (minutes) => {
      const end = timeline.now() + minutes * 60_000;
      await outside.settle();
      for (let at = timeline.next(); at !== null && at <= end; at = timeline.next()) {
        timeline.step();
        await outside.settle();
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function pollerOf({
  stand,
  clock,
  random,
  states,
  profile,
  ...place
}: Place & {
  readonly stand: ApplyStand;
  readonly clock: Clock;
  readonly random: () => number;
  readonly states: { state: string; at: number }[];
  readonly profile: LinkProfile;
}): Poller {
  const poller = createPoller({
    ...{ clock, log: SILENT, random, pollSeconds: 30 },
    metrics: {
      ...{ cycle: () => undefined, queueDepth: () => undefined },
      ...{ provisioned: () => undefined, backedUp: () => undefined },
    },
    store: {
      routerCredentials: (id) => stand.task().store.routerCredentials(id),
      recordState: async ({ state, at }) => states.push({ state, at: (at - START_MS) / 1000 }) > 0,
      recordBoot: async () => ({ closed: 0 }),
      closeAbsentSessions: async () => 0,
    },
    connect: modelConnect({ ...place, link: stand.link }),
  });
  const { livenessSeconds, vitalsSeconds } = cadenceFor(profile);
  const deadlineMs = timeoutsFor(profile).pollMs;
  poller.sync([stand.row()], () => ({ livenessSeconds, vitalsSeconds, deadlineMs }));
  return poller;
}

function settingsOf({ downKbps, upKbps, rttMs }: VillageLink): Record<string, string> {
  return {
    'link.down-kbps': String(downKbps),
    'link.up-kbps': String(upKbps),
    'link.rtt-ms': String(rttMs),
  };
}

function rowsOf(settings: Readonly<Record<string, string>>) {
  const { districtCode: code } = ROUTER;
  return Object.entries(settings).map(([name, value]) => ({
    ...{ level: 'district' as const, code, name, value },
  }));
}

/** Park and Miller's, so that each run is the same. */
function generator(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
