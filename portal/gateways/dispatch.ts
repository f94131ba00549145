/**
 * Sends one message by the first gateway that takes it, in the order configured.
 *
 * A gateway is tried again only for what passes (5xx, silence), with growing pauses; then comes the next.
 * Each message is paid for before it goes, and given back when it surely did not go.
 */
import type { Clock } from '../../lib/clock.ts';
import { type Backoff, backoffMs } from '../../lib/retry.ts';
import { type Circuit, createCircuit } from './circuit.ts';
import type { Exchange } from './exchange.ts';
import {
  type GatewayConfig,
  type GatewayKind,
  type Message,
  refused,
  type Sent,
} from './gateway.ts';
import { readAnswer, requestOf } from './kinds.ts';

export interface DispatchDeps {
  readonly gateways: readonly GatewayConfig[];
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly random: () => number;
  /** Takes the cost of a message from the caps; false: they are used up. */
  readonly pay: (gateway: GatewayConfig) => Promise<boolean>;
  readonly giveBack: (gateway: GatewayConfig) => Promise<void>;
  readonly counted: (kind: GatewayKind, result: DispatchResult) => void;
}

export type DispatchResult = 'accepted' | 'cap' | 'circuit' | RefusedBecause;
type RefusedBecause = Extract<Sent, { accepted: false }>['because'];

export type Dispatched =
  | { readonly kind: 'accepted'; readonly gateway: string; readonly providerId: string | null }
  | { readonly kind: 'cap' }
  | { readonly kind: 'refused'; readonly because: RefusedBecause | null };

export interface Dispatcher {
  send(message: Message, only?: string): Promise<Dispatched>;
}

const ATTEMPTS = 2;
const BACKOFF: Backoff = { firstMs: 400, maxMs: 2000 };

export function createDispatcher(deps: DispatchDeps): Dispatcher {
  const circuits = new Map<string, Circuit>(
    deps.gateways.map(({ name }) => [name, createCircuit()]),
  );
  return {
    send: async (message, only) => {
      let because: RefusedBecause | null = null;
      let capped = false;
      for (const gateway of deps.gateways) {
        if (only !== undefined && gateway.name !== only) continue;
        if (!circuits.get(gateway.name)!.admits(deps.clock.now())) {
          deps.counted(gateway.kind, 'circuit');
          continue;
        }
        if (!(await deps.pay(gateway))) {
          capped = true;
          deps.counted(gateway.kind, 'cap');
          continue;
        }
        const sent = await attempt(deps, circuits.get(gateway.name)!, gateway, message);
        if (sent.accepted) {
          return { kind: 'accepted', gateway: gateway.name, providerId: sent.providerId };
        }
        because = sent.because;
        // After silence it may have gone all the same.
        if (because !== 'timeout') await deps.giveBack(gateway);
      }
      return capped && because === null ? { kind: 'cap' } : { kind: 'refused', because };
    },
  };
}

async function attempt(
  deps: DispatchDeps,
  circuit: Circuit,
  gateway: GatewayConfig,
  message: Message,
): Promise<Sent> {
  const { clock, exchange, random } = deps;
  for (let tried = 0; ; tried += 1) {
    const answer = await exchange(requestOf(gateway, message), gateway.timeoutSeconds * 1000);
    const sent = typeof answer === 'string' ? refused(answer, true) : readAnswer(gateway, answer);
    deps.counted(gateway.kind, sent.accepted ? 'accepted' : sent.because);
    if (sent.accepted) {
      circuit.worked();
      return sent;
    }
    // What is wrong with one message or number says nothing of the gateway.
    if (sent.because !== 'message') circuit.failed(clock.now());
    if (!sent.retryable || tried + 1 >= ATTEMPTS) return sent;
    await clock.sleep(backoffMs(BACKOFF, tried, random));
  }
}
