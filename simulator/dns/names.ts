/**
 * The names of the LAN: which server a phone's question ends at, what the router answers, and the
 * listeners on its LAN address. NAT and the hotspot may turn a question to a foreign server into one
 * to the router.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Asked, Path } from '../hotspot/forwarding.ts';
import type { Host, Hosts } from '../hotspot/hosts.ts';
import type { Snapshot } from '../hotspot/snapshot.ts';
import type { Uplink } from '../hotspot/uplink.ts';
import { formatDuration } from '../menu/values.ts';
import type { KeptAnswer, Refusals } from './cache.ts';
import { createResolver } from './resolver.ts';
import { askStream, askUdp, type DnsListener, listenDns } from './sockets.ts';
import { answerAddresses, encodeQuery, isTruncated, TYPE } from './wire.ts';

export interface NamesOptions {
  /** The router's own address, the source of its questions. */
  readonly address: string;
  readonly dnsPort: number;
  readonly clock: Clock;
  readonly snapshot: Snapshot;
  readonly uplink: Uplink;
  readonly hosts: Hosts;
  readonly owns: (address: string) => boolean;
  readonly adlists?: Refusals | undefined;
  readonly path: (asked: Asked) => Path;
  readonly failed: (error: Error) => void;
}

export interface Names {
  /** A question that reached the router; null: silence. */
  answer(query: Buffer, phone: string): Promise<Buffer | null>;
  /** A question of a phone to `server`, wherever that leads it. */
  ask(phone: string, server: string, query: Buffer): Promise<Buffer | null>;
  /** Addresses of a name as this phone's own resolver gives them; empty for none. */
  resolve(host: Host, name: string): Promise<readonly string[]>;
  /** Address of a name for the router itself, by its own resolver or by the server given; null for none. */
  lookup(name: string, server?: string): Promise<string | null>;
  listen(address: string | null): void;
  bound(): Promise<void>;
  flush(): void;
  /** Rows of `/ip/dns/cache`. */
  cacheRows(): Record<string, string>[];
  /** KiB of the cache in use. */
  cacheUsed(): number;
  readonly counters: Readonly<Record<string, number>>;
}

const SERVER_TIMEOUT_MS = 2000;
const TYPE_NAMES: Readonly<Record<number, string>> = {
  [TYPE.a]: 'A',
  [TYPE.cname]: 'CNAME',
  [TYPE.soa]: 'SOA',
  [TYPE.aaaa]: 'AAAA',
};

export function createNames(options: NamesOptions): Names {
  const { address, snapshot, uplink } = options;
  let listener: DnsListener | null = null;
  let listening: string | null = null;
  let nextId = 0;

  const toServer = serverAsker(uplink);
  const resolver = createResolver({
    config: snapshot.dns,
    clock: options.clock,
    ...(options.adlists === undefined ? {} : { adlists: options.adlists }),
    ask: (server, query) => toServer(address, server, query),
  });
  const answer: Names['answer'] = async (query, phone) => {
    if (!snapshot.dns().allowRemoteRequests) return null;
    const own = snapshot.lan()?.address ?? address;
    const path = options.path({ protocol: 'udp', source: phone, address: own, port: 53 });
    return path.kind === 'router' ? resolver.answer(query) : null;
  };
  const ask: Names['ask'] = async (phone, server, query) => {
    if (options.owns(server) || isCaptive(options, phone)) return answer(query, phone);
    const path = options.path({ protocol: 'udp', source: phone, address: server, port: 53 });
    if (path.kind === 'router') return path.port === 53 ? answer(query, phone) : null;
    return path.kind === 'forward' ? toServer(path.source, path.address, query) : null;
  };

  return {
    answer,
    ask,
    counters: resolver.counters,
    flush: resolver.cache.clear,
    cacheUsed: () => Math.ceil(resolver.cache.used() / 1024),
    cacheRows: () => resolver.cache.all().map(cacheRow),
    resolve: async (host, name) => {
      nextId = (nextId + 1) & 0xff_ff;
      const server = host.dns ?? snapshot.lan()?.address ?? '';
      const reply = await ask(host.ip, server, encodeQuery(nextId, name, TYPE.a));
      return reply === null ? [] : answerAddresses(reply);
    },
    lookup: async (name, server) => {
      nextId = (nextId + 1) & 0xff_ff;
      const query = encodeQuery(nextId, name, TYPE.a);
      const asked =
        server === undefined ? resolver.answer(query) : toServer(address, server, query);
      const reply = await asked;
      return reply === null ? null : (answerAddresses(reply)[0] ?? null);
    },
    listen: (on) => {
      if (on === listening) return;
      listener?.close();
      listening = on;
      const endpoint = on === null ? null : { host: on, port: options.dnsPort };
      listener = endpoint === null ? null : listenDns(endpoint, answer, options.failed);
    },
    bound: () => listener?.bound ?? Promise.resolve(),
  };
}

/** Asks a server from an address; null: no answer. */
function serverAsker(uplink: Uplink) {
  return async (source: string, server: string, query: Buffer): Promise<Buffer | null> => {
    const target = uplink.locate(server, 53);
    if (target === null) return null;
    const reply = await askUdp(source, target, query, SERVER_TIMEOUT_MS);
    if (reply === null || !isTruncated(reply)) return reply;
    const socket = await uplink.connect(server, 53, source).catch(() => null);
    return socket === null ? reply : ((await askStream(socket, query, SERVER_TIMEOUT_MS)) ?? reply);
  };
}

function cacheRow({ name, type, message, seconds }: KeptAnswer): Record<string, string> {
  return {
    name,
    type: TYPE_NAMES[type] ?? String(type),
    data: answerAddresses(message).join(','),
    ttl: formatDuration(seconds * 1000),
    static: 'false',
  };
}

/** Before login the hotspot leads every question on port 53 to the router (chain pre-hotspot). */
function isCaptive({ snapshot, hosts }: NamesOptions, phone: string): boolean {
  const hotspot = snapshot.lan()?.hotspot ?? null;
  const host = hosts.byAddress(phone);
  if (hotspot === null || host === null || host.session !== null) return false;
  return hotspot.binding(host.mac, host.ip) !== 'bypassed';
}
