/**
 * Sends one message by the first gateway that takes it, in the order configured.
 *
 * A gateway is tried again only for what passes (5xx, silence), with growing pauses; then comes the next.
 * Each attempt is paid for before it goes, and given back when it surely did not go.
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
  readonly pay: (gateway: GatewayConfig, payer: Payer | null) => Promise<boolean>;
  readonly giveBack: (gateway: GatewayConfig, payer: Payer | null) => Promise<void>;
  readonly counted: (kind: GatewayKind, result: DispatchResult) => void;
}

/** Whose share of the money a message is paid from. */
export interface Payer {
  readonly routerId: string;
  /** Asked for from an address of no village. */
  readonly outside: boolean;
}

export interface SendOptions {
  /** The one gateway to be tried, by its name. */
  readonly only?: string | undefined;
  /** Null for an operator who tries a gateway. */
  readonly payer: Payer | null;
}

export type DispatchResult = 'accepted' | 'cap' | 'circuit' | RefusedBecause;
type RefusedBecause = Extract<Sent, { accepted: false }>['because'];

export type Dispatched =
  | { readonly kind: 'accepted'; readonly gateway: string; readonly providerId: string | null }
  | { readonly kind: 'cap' }
  | {
      readonly kind: 'refused';
      readonly because: RefusedBecause | null;
      /** After silence, or an answer that says nothing: what was sent may arrive all the same. */
      readonly mayHaveGone: boolean;
    };

export interface Dispatcher {
  send(message: Message, options: SendOptions): Promise<Dispatched>;
}

const ATTEMPTS = 2;
const BACKOFF: Backoff = { firstMs: 400, maxMs: 2000 };

export function createDispatcher(deps: DispatchDeps): Dispatcher {
  const circuits = new Map<string, Circuit>(
    deps.gateways.map(({ name }) => [name, createCircuit()]),
  );
  return {
    send: async (message, { only, payer }) => {
      let because: RefusedBecause | null = null;
      let capped = false;
      let mayHaveGone = false;
      for (const gateway of deps.gateways) {
        if (only !== undefined && gateway.name !== only) continue;
        if (!circuits.get(gateway.name)!.admits(deps.clock.now())) {
          deps.counted(gateway.kind, 'circuit');
          continue;
        }
        const tried = await attempts(deps, circuits.get(gateway.name)!, {
          gateway,
          message,
          payer,
        });
        capped ||= tried.capped;
        mayHaveGone ||= tried.mayHaveGone;
        if (tried.sent?.accepted === true) {
          return { kind: 'accepted', gateway: gateway.name, providerId: tried.sent.providerId };
        }
        because = tried.sent?.because ?? because;
      }
      return capped && because === null
        ? { kind: 'cap' }
        : { kind: 'refused', because, mayHaveGone };
    },
  };
}

interface Tried {
  /** Null when the caps were used up before the first attempt. */
  readonly sent: Sent | null;
  readonly capped: boolean;
  readonly mayHaveGone: boolean;
}

async function attempts(
  deps: DispatchDeps,
  circuit: Circuit,
  sending: {
    readonly gateway: GatewayConfig;
    readonly message: Message;
    readonly payer: Payer | null;
  },
): Promise<Tried> {
  const { clock, random } = deps;
  const { gateway, message, payer } = sending;
  let last: Sent | null = null;
  let mayHaveGone = false;
  for (let tried = 0; ; tried += 1) {
    if (!(await deps.pay(gateway, payer))) {
      deps.counted(gateway.kind, 'cap');
      return { sent: last, capped: true, mayHaveGone };
    }
    const sent = await attempt(deps, circuit, gateway, message);
    last = sent;
    if (sent.accepted) return { sent, capped: false, mayHaveGone };
    if (sent.because === 'timeout' || sent.because === 'garbage') mayHaveGone = true;
    else await deps.giveBack(gateway, payer);
    if (!sent.retryable || tried + 1 >= ATTEMPTS) return { sent, capped: false, mayHaveGone };
    await clock.sleep(backoffMs(BACKOFF, tried, random));
  }
}

async function attempt(
  { clock, counted, exchange }: DispatchDeps,
  circuit: Circuit,
  gateway: GatewayConfig,
  message: Message,
): Promise<Sent> {
  const answer = await exchange(requestOf(gateway, message), gateway.timeoutSeconds * 1000);
  const sent = typeof answer === 'string' ? refused(answer, true) : readAnswer(gateway, answer);
  counted(gateway.kind, sent.accepted ? 'accepted' : sent.because);
  // What is wrong with one message or number, which anybody may type, says nothing of the gateway.
  const ofMessage = !sent.accepted && (sent.because === 'message' || sent.because === 'refused');
  if (sent.accepted) circuit.worked();
  else if (!ofMessage) circuit.failed(clock.now());
  return sent;
}
