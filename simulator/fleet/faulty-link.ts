/** The link of a router whose faults were asked for: what stands before its API, and carries its RADIUS. */
import type { Clock } from '../../lib/clock.ts';
import { type Link, openLink } from '../link/link.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { type OpenDatagrams, openUdp } from '../nas/udp.ts';
import { datagramsOver, type Ends, keepUp, type LiveModel, streamOver } from '../queues/live.ts';
import { createTimeline } from '../queues/timeline.ts';
import { startPhone } from '../queues/traffic.ts';
import { createWan } from '../queues/wan.ts';
import type { FaultPlan, LinkPlan } from './faults.ts';
import { editByHand, fillFlash } from './harm.ts';

export interface FaultyOptions {
  readonly plan: FaultPlan;
  readonly tree: WritableTree;
  readonly address: string;
  readonly clock: Clock;
}

export interface Faulty extends AsyncDisposable {
  /** Whether something stands before the API, which then has any free port. */
  readonly hasLink: boolean;
  readonly datagrams: OpenDatagrams | undefined;
  /** The twin stands, its API at `apiPort`; gives where the link to it listens. */
  begin(apiPort: number, port: number): Promise<number>;
}

/** What a link that was cut takes to come back, machine time. */
const RESTORE_MS = 30_000;
const PHONES = 30;
const SATURATED = { rttMs: 600, kbps: 2000 };
/** What providers sell with a rate downwards. */
const UP_SHARE = 0.25;
const BUFFER_MS = 1500;
/** In the model; where the controller really is makes no difference to it. */
const SERVER = '10.255.0.1';

export function prepareFaults({ plan, tree, address, clock }: FaultyOptions): Faulty {
  const stack = new AsyncDisposableStack();
  const { link } = plan;
  const model = link?.saturated === true ? saturatedModel(link, tree, address) : null;
  if (model !== null) stack.use(model);
  return {
    hasLink: link !== null,
    datagrams: model === null ? undefined : datagramsOver(model, openUdp),
    begin: async (apiPort, port) => {
      if (plan.freeOctets !== null) fillFlash(tree, plan.freeOctets);
      if (plan.handEditSeconds !== null) {
        const stop = new AbortController();
        stack.defer(() => stop.abort());
        void editing(tree, clock, plan.handEditSeconds * 1000, stop.signal);
      }
      if (link === null) return apiPort;
      const opened: Link = stack.use(
        await openFaulty(link, { model, address, apiPort, port, stack }),
      );
      return opened.port;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

interface Place {
  readonly model: LiveModel | null;
  readonly address: string;
  readonly apiPort: number;
  readonly port: number;
  readonly stack: AsyncDisposableStack;
}

async function openFaulty(plan: LinkPlan, { model, address, ...place }: Place): Promise<Link> {
  let connections = 49_152;
  const opened: Link = await openLink({
    ...{ target: { host: address, port: place.apiPort }, host: address, port: place.port },
    from: 'caller',
    // It comes back by itself, once: what was cut off may be tried again.
    onCut: () => {
      const timer = setTimeout(() => opened.restore(), RESTORE_MS);
      place.stack.defer(() => clearTimeout(timer));
    },
    ...(model === null
      ? {}
      : {
          carry: () => {
            connections += 1;
            const [down, up] = ends(address, connections);
            return { up: streamOver(model, down, up), down: streamOver(model, up, down) };
          },
        }),
  });
  Object.assign(opened.path, plan.path);
  if (plan.cut !== null) opened.cut(plan.cut);
  return opened;
}

/** Of one connection of the controller: to the router, and back. */
function ends(router: string, clientPort: number): [down: Ends, up: Ends] {
  const api = 8728;
  return [
    {
      ...{ from: 'server', to: 'router', protocol: 'tcp', source: SERVER, destination: router },
      ...{ sourcePort: clientPort, port: api },
    },
    {
      ...{ from: 'router', to: 'server', protocol: 'tcp', source: router, destination: SERVER },
      ...{ sourcePort: api, port: clientPort },
    },
  ];
}

/** The same phones as in the campaign about queues. */
function saturatedModel(
  { path }: LinkPlan,
  tree: WritableTree,
  address: string,
): LiveModel & Disposable {
  const timeline = createTimeline();
  const kbps = path.kbps ?? SATURATED.kbps;
  const wan = createWan({
    ...{ timeline, tree, routerAddress: address, bufferMs: BUFFER_MS, loss: path.loss ?? 0 },
    ...{ downKbps: kbps, upKbps: kbps * UP_SHARE, rttMs: path.rttMs ?? SATURATED.rttMs },
  });
  for (let index = 0; index < PHONES; index += 1) {
    const phone = `192.168.88.${100 + index}`;
    startPhone(
      { timeline, wan },
      { address: phone, downloads: 3, uploads: 1, objectOctets: 300_000 },
    );
  }
  const running = keepUp(timeline);
  return {
    ...{ timeline, wan },
    [Symbol.dispose]: () => {
      running[Symbol.dispose]();
      wan[Symbol.dispose]();
    },
  };
}

async function editing(
  tree: WritableTree,
  clock: Clock,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; !signal.aborted; at += 1) {
    try {
      await clock.sleep(everyMs, signal);
    } catch {
      return;
    }
    editByHand(tree, at);
  }
}
