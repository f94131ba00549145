/**
 * The resolvers behind ours: in the order of the configuration, the healthy ones first. A question goes
 * to one of them, over UDP and then TCP if the answer was cut; on silence, refusal or failure the next one
 * gets it. All of it ends within {@link UpstreamOptions.attempts} time-outs.
 */
import { randomBytes } from 'node:crypto';
import { FilterError } from '../errors.ts';
import { UDP_OCTETS } from './answer.ts';
import { FLAG, HEADER_OCTETS, RCODE, type Response, TYPE } from './message.ts';
import { exchangeOverTcp } from './tcp-exchange.ts';
import { createUdpChannel, type UdpChannel, type UpstreamAddress } from './udp-channel.ts';

export interface Question {
  /** Uncompressed wire name. */
  readonly name: Uint8Array;
  readonly type: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

export interface UpstreamOptions {
  readonly servers: readonly UpstreamAddress[];
  /** For one attempt. A stub resolver gives up after about 5 s, so attempts × this stays below. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** 0x20: spell the name in random case and expect the same back. */
  readonly randomCase: boolean;
  readonly onStray: () => void;
  /** Seconds that a server took to answer. */
  readonly onDuration: (seconds: number) => void;
}

export interface Upstreams extends AsyncDisposable {
  /**
   * NOERROR or NXDOMAIN of the first server that says either. `FILTER_UPSTREAM_FAILED` when those that
   * answered refused or failed, else what kept the last one from answering.
   */
  ask(question: Question): Promise<Response>;
}

/** How long a server that did not answer is asked last, ms. */
const PENALTY_MS = 5000;

interface Server {
  readonly address: UpstreamAddress;
  readonly channel: UdpChannel;
  /** Of `performance.now()`. */
  downUntil: number;
}

export function createUpstreams(options: UpstreamOptions): Upstreams {
  const servers: Server[] = options.servers.map((address) => ({
    address,
    channel: createUdpChannel(address, {
      exactCase: options.randomCase,
      onStray: options.onStray,
    }),
    downUntil: 0,
  }));
  return {
    ask: (question) => askInTurn(servers, question, options),
    [Symbol.asyncDispose]: async () => {
      for (const { channel } of servers) await channel[Symbol.asyncDispose]();
    },
  };
}

async function askInTurn(
  servers: readonly Server[],
  question: Question,
  options: UpstreamOptions,
): Promise<Response> {
  const now = performance.now();
  const isDown = (server: Server): number => (server.downUntil > now ? 1 : 0);
  const queue = servers.toSorted((a, b) => isDown(a) - isDown(b));
  let failure: unknown;
  for (let attempt = 0; attempt < options.attempts; attempt += 1) {
    const server = queue.shift();
    if (server === undefined) break;
    try {
      const response = await askOne(server, writeQuery(question, options.randomCase), options);
      server.downUntil = 0;
      if (response.rcode === RCODE.NOERROR || response.rcode === RCODE.NXDOMAIN) return response;
      failure = new FilterError(
        'FILTER_UPSTREAM_FAILED',
        `upstream answers RCODE ${response.rcode}`,
      );
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      failure = error;
      server.downUntil = performance.now() + PENALTY_MS;
      queue.push(server);
    }
  }
  throw failure;
}

async function askOne(
  server: Server,
  query: Uint8Array,
  options: UpstreamOptions,
): Promise<Response> {
  const startedAt = performance.now();
  let response = await server.channel.exchange(query, options.timeoutMs);
  if ((response.flags & FLAG.TC) !== 0) {
    response = await exchangeOverTcp(server.address, query, options.timeoutMs);
  }
  options.onDuration((performance.now() - startedAt) / 1000);
  return response;
}

/**
 * Written anew, never the asker's octets: its EDNS options (client subnet, cookies) go no further. The id
 * is left to the channel.
 */
export function writeQuery(question: Question, randomCase: boolean): Buffer {
  const { name } = question;
  const out = Buffer.alloc(HEADER_OCTETS + name.length + 4 + 11);
  out.writeUInt16BE(FLAG.RD | (question.checkingDisabled ? FLAG.CD : 0), 2);
  out.writeUInt16BE(1, 4);
  out.writeUInt16BE(1, 10);
  out.set(name, HEADER_OCTETS);
  if (randomCase) mixCase(out.subarray(HEADER_OCTETS, HEADER_OCTETS + name.length));
  let at = HEADER_OCTETS + name.length;
  out.writeUInt16BE(question.type, at);
  out.writeUInt16BE(1, at + 2);
  at += 5;
  out.writeUInt16BE(TYPE.OPT, at);
  out.writeUInt16BE(UDP_OCTETS, at + 2);
  out[at + 6] = question.dnssecOk ? 0x80 : 0;
  return out;
}

function mixCase(name: Uint8Array): void {
  const coins = randomBytes(name.length);
  for (let i = 0; i < name.length; i += 1) {
    const letter = (name[i]! | 0x20) - 0x61;
    if (letter >= 0 && letter < 26) name[i] = letter + ((coins[i]! & 1) === 0 ? 0x41 : 0x61);
  }
}
