/** `/system/ntp/client`: sets the router's clock by the servers it names, over real UDP. */
import { createSocket } from 'node:dgram';
import type { Clock } from '../../lib/clock.ts';
import type { Endpoint } from '../dns/sockets.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { encodeNtpQuestion, type NtpAnswer, readNtpAnswer } from './ntp-packet.ts';

export interface NtpClientOptions {
  readonly tree: WritableTree;
  readonly clock: Clock;
  /** The router's own address. */
  readonly address: string;
  readonly lookup: (host: string) => Promise<string | null>;
  /** Where port 123 of an address really is; null: no way there. */
  readonly locate: (address: string) => Endpoint | null;
  /** Adds to the router's clock. */
  readonly adjust: (offsetMs: number) => void;
  readonly failed: (error: unknown) => void;
}

export interface NtpClient {
  start(): void;
  cut(): void;
}

const CLIENT = '/system/ntp/client';
const SERVERS = '/system/ntp/client/servers';
/** Until a server has answered. */
const RETRY_MS = 10_000;
/** 2^6 s, the least `min-poll`. */
const POLL_MS = 64_000;
/** Machine time. */
const ANSWER_TIMEOUT_MS = 1000;
/** Smaller differences are slewed, which the twin need not show. */
const STEP_MS = 1000;

interface Synced {
  readonly server: string;
  readonly answer: NtpAnswer;
}

export function createNtpClient(options: NtpClientOptions): NtpClient {
  const { tree, clock, adjust, failed } = options;
  let end = new AbortController();
  let on = false;
  let synced: Synced | null = null;

  const poll = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const found = await firstAnswer(options);
      signal.throwIfAborted();
      synced = found ?? synced;
      if (found !== null && Math.abs(found.answer.offsetMs) >= STEP_MS) {
        adjust(found.answer.offsetMs);
        const seconds = Math.round(found.answer.offsetMs / 1000);
        tree.log('system,clock,critical', `ntp change time by ${seconds} s`);
      }
      await clock.sleep(found === null ? RETRY_MS : POLL_MS, signal);
    }
  };
  const begin = (): void => {
    end.abort();
    end = new AbortController();
    const { signal } = end;
    if (!on || tree.single(CLIENT).enabled !== 'true') return;
    poll(signal).catch((error: unknown) => {
      if (!signal.aborted) failed(error);
    });
  };
  tree.onChange((path) => {
    if (on && (path === CLIENT || path === SERVERS)) begin();
  });
  tree.setLive(CLIENT, ({ values }) => shown(values.enabled === 'true', synced));
  return {
    start() {
      on = true;
      begin();
    },
    cut() {
      on = false;
      synced = null;
      end.abort();
    },
  };
}

function shown(enabled: boolean, synced: Synced | null): Record<string, string> {
  if (!enabled) return { status: 'stopped' };
  if (synced === null) return { status: 'waiting' };
  return {
    status: 'synchronized',
    'synced-server': synced.server,
    'synced-stratum': String(synced.answer.stratum),
    'system-offset': `${synced.answer.offsetMs} ms`,
  };
}

/** Servers of both menus in their order; the first that answers decides. */
async function firstAnswer(options: NtpClientOptions): Promise<Synced | null> {
  const { tree, lookup, locate } = options;
  const named = (tree.single(CLIENT).servers ?? '').split(',').filter((name) => name !== '');
  const rows = tree.active(SERVERS).map(({ values }) => values.address ?? '');
  for (const server of [...named, ...rows]) {
    const address = await lookup(server);
    const target = address === null ? null : locate(address);
    const answer = target === null ? null : await ask(options, target);
    if (answer !== null) return { server, answer };
  }
  return null;
}

function ask(options: NtpClientOptions, target: Endpoint): Promise<NtpAnswer | null> {
  const { tree, address } = options;
  const { promise, resolve } = Promise.withResolvers<NtpAnswer | null>();
  const socket = createSocket('udp4');
  let open = true;
  const finish = (answer: NtpAnswer | null): void => {
    if (!open) return;
    open = false;
    clearTimeout(timer);
    socket.close();
    resolve(answer);
  };
  const timer = setTimeout(() => finish(null), ANSWER_TIMEOUT_MS);
  socket.on('error', () => finish(null));
  socket.bind(0, address, () => {
    const question = encodeNtpQuestion(tree.now());
    socket.on('message', (packet) => {
      const answer = readNtpAnswer(packet, question, tree.now());
      if (answer !== null) finish(answer);
    });
    socket.send(question, target.port, target.host);
  });
  return promise;
}
