/**
 * A village for tests: a factory tree configured as a controller would, a twin on it, a RADIUS peer,
 * and servers that stand for portal and internet.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket as TcpSocket } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { factoryTree } from '../menu/factory.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { type RadiusPeer, SECRET, startRadius } from '../nas/test-peer.ts';
import { createTwin, type Twin } from '../twin.ts';

export const HTTP_PORT = 8088;
export const DNS_PORT = 5353;

/** A loopback network of its own for each village and test process, so that tests never meet. */
export interface Place {
  readonly router: string;
  readonly lan: string;
  readonly server: string;
  readonly wan: string;
}

let villages = 0;

export function nextPlace(): Place {
  villages += 1;
  const net = `127.${70 + (process.pid % 100)}.${(process.pid >> 7) % 200}`;
  const at = (step: number): string => `${net}.${((villages * 4 + step) % 250) + 1}`;
  const lan = `127.${171 + (villages % 60)}.${process.pid % 251}`;
  return { router: at(0), lan, server: at(1), wan: at(2) };
}

export function set(tree: WritableTree, path: string, values: Record<string, string>): void {
  tree.setSingle(path, new Map(Object.entries(values)));
}

export function add(tree: WritableTree, path: string, values: Record<string, string>): string {
  return tree.add(path, new Map(Object.entries(values)));
}

export function change(
  tree: WritableTree,
  path: string,
  which: Record<string, string>,
  values: Record<string, string>,
): void {
  const rows = tree
    .rows(path)
    .filter((row) => Object.entries(which).every(([name, value]) => row.values[name] === value));
  if (rows.length === 0) throw new Error(`no row of ${path} is ${JSON.stringify(which)}`);
  tree.set(
    path,
    rows.map(({ id }) => id),
    new Map(Object.entries(values)),
  );
}

export function clear(tree: WritableTree, path: string): void {
  const ids = tree.rows(path).flatMap((row) => (row.dynamic ? [] : [row.id]));
  tree.remove(path, ids);
}

/** The worked configuration of a village, in short. */
export function configure(tree: WritableTree, place: Place): void {
  const { lan, server, router } = place;
  set(tree, '/system/identity', { name: 'desa-uji' });
  add(tree, '/interface/wireguard', { name: 'wg-mgmt' });
  add(tree, '/ip/address', { address: `${router}/32`, interface: 'wg-mgmt' });
  for (const name of ['sw-WAN', 'sw-LAN', 'sw-MGMT']) add(tree, '/interface/list', { name });
  add(tree, '/interface/bridge', { name: 'br-hotspot' });
  add(tree, '/interface/wifi/datapath', { name: 'sw-dp', bridge: 'br-hotspot' });
  add(tree, '/interface/wifi/configuration', { name: 'sw-cfg', datapath: 'sw-dp' });
  change(tree, '/interface/wifi', { name: 'wifi1' }, { configuration: 'sw-cfg' });
  for (const [list, name] of [
    ['sw-WAN', 'ether1'],
    ['sw-LAN', 'br-hotspot'],
    ['sw-MGMT', 'wg-mgmt'],
  ] as const) {
    add(tree, '/interface/list/member', { list, interface: name });
  }
  add(tree, '/ip/address', { address: `${lan}.1/24`, interface: 'br-hotspot' });
  add(tree, '/ip/pool', { name: 'sw-pool', ranges: `${lan}.10-${lan}.60` });
  add(tree, '/ip/dhcp-server', {
    name: 'sw-dhcp',
    interface: 'br-hotspot',
    'address-pool': 'sw-pool',
    'lease-time': '8h',
  });
  add(tree, '/ip/dhcp-server/network', {
    address: `${lan}.0/24`,
    gateway: `${lan}.1`,
    'dns-server': `${lan}.1`,
  });
  addHotspot(tree, place);
  set(tree, '/ip/dns', { servers: server, 'allow-remote-requests': 'yes' });
  add(tree, '/ip/dns/static', { name: 'canary.test', type: 'NXDOMAIN', 'match-subdomain': 'yes' });
  addFirewall(tree, place);
}

function addHotspot(tree: WritableTree, { lan, server, router }: Place): void {
  add(tree, '/radius', {
    service: 'hotspot',
    address: server,
    secret: SECRET,
    timeout: '300ms',
    'src-address': router,
  });
  set(tree, '/radius/incoming', { accept: 'yes', port: '3799' });
  add(tree, '/ip/hotspot/profile', {
    name: 'sw-prof',
    'hotspot-address': `${lan}.1`,
    'dns-name': 'login.desa.test',
    'html-directory': 'flash/sw',
    'login-by': 'http-pap',
    'use-radius': 'yes',
    'radius-accounting': 'yes',
    'radius-interim-update': 'received',
  });
  add(tree, '/ip/hotspot', {
    name: 'sw-hs1',
    interface: 'br-hotspot',
    profile: 'sw-prof',
    disabled: 'no',
  });
  add(tree, '/ip/hotspot/walled-garden/ip', {
    action: 'accept',
    server: 'sw-hs1',
    'dst-address': server,
    protocol: 'tcp',
    'dst-port': '80',
  });
}

function addFirewall(tree: WritableTree, { server }: Place): void {
  clear(tree, '/ip/firewall/filter');
  clear(tree, '/ip/firewall/nat');
  const lan = { 'in-interface-list': 'sw-LAN' };
  const established = { 'connection-state': 'established,related,untracked' };
  add(tree, '/ip/firewall/nat', {
    chain: 'srcnat',
    action: 'masquerade',
    'out-interface-list': 'sw-WAN',
  });
  for (const protocol of ['udp', 'tcp']) {
    const dns = { protocol, 'dst-port': '53', 'to-ports': '53' };
    add(tree, '/ip/firewall/nat', { chain: 'dstnat', action: 'redirect', ...dns, ...lan });
  }
  const rules: Record<string, string>[] = [
    { chain: 'input', action: 'accept', ...established },
    { chain: 'input', action: 'accept', 'in-interface-list': 'sw-MGMT' },
    { chain: 'input', action: 'accept', protocol: 'udp', 'dst-port': '53,67,123', ...lan },
    { chain: 'input', action: 'accept', protocol: 'tcp', 'dst-port': '53,80,443', ...lan },
    { chain: 'input', action: 'drop' },
    { chain: 'forward', action: 'accept', ...established },
    {
      chain: 'forward',
      action: 'accept',
      protocol: 'tcp',
      'dst-address': server,
      'dst-port': '53,80,443',
      comment: 'portal',
      ...lan,
    },
    { chain: 'forward', action: 'drop', ...lan, 'out-interface-list': 'sw-MGMT' },
    { chain: 'forward', action: 'accept', ...lan, 'out-interface-list': 'sw-WAN' },
    { chain: 'forward', action: 'drop' },
  ];
  for (const rule of rules) add(tree, '/ip/firewall/filter', rule);
}

/** A TCP server that answers each request by what `respond` gives, and closes. */
export async function startWeb(
  address: string,
  port: number,
  respond: (head: string, socket: TcpSocket) => Buffer | string | null,
): Promise<
  AsyncDisposable & { readonly requests: { head: string; from: string }[]; port: number }
> {
  const requests: { head: string; from: string }[] = [];
  const sockets = new Set<TcpSocket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (data) => {
      requests.push({ head: data.toString('latin1'), from: socket.remoteAddress ?? '' });
      const body = respond(data.toString('latin1'), socket);
      if (body !== null) socket.end(body);
    });
  });
  server.listen(port, address);
  await once(server, 'listening');
  const bound = server.address();
  return {
    requests,
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export interface Answer {
  /** Everything that came, as latin1. */
  readonly text: string;
  readonly sent: number;
  readonly received: number;
  readonly reset: boolean;
}

/** Sends bytes from a phone to its gateway and reads until the connection ends. */
export async function ask(gateway: string, phone: string, bytes: string): Promise<Answer> {
  const socket = connect({ host: gateway, port: HTTP_PORT, localAddress: phone });
  const chunks: Buffer[] = [];
  let reset = false;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {
    reset = true;
  });
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  const all = Buffer.concat(chunks);
  return { text: all.toString('latin1'), sent: bytes.length, received: all.length, reset };
}

export const get = (url: string): string => {
  const target = new URL(url);
  return `GET ${url} HTTP/1.1\r\nHost: ${target.host}\r\nUser-Agent: uji\r\n\r\n`;
};
export const own = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: login.desa.test\r\nUser-Agent: uji\r\n\r\n`;

export interface Village extends AsyncDisposable {
  readonly place: Place;
  readonly tree: WritableTree;
  readonly twin: Twin;
  readonly radius: RadiusPeer;
  readonly gateway: string;
}

/** The twin stands and its listeners are bound; RADIUS accepts everyone until told otherwise. */
export async function startVillage(
  options: {
    clock?: Clock;
    portMap?: Record<string, string>;
    prepare?: (tree: WritableTree, place: Place) => void;
  } = {},
): Promise<Village> {
  const place = nextPlace();
  const tree = factoryTree();
  configure(tree, place);
  options.prepare?.(tree, place);
  const radius = await startRadius(place.server);
  const twin = await createTwin({
    address: place.router,
    apiPort: 0,
    tree,
    httpPort: HTTP_PORT,
    dnsPort: DNS_PORT,
    tunnel: [place.server],
    portMap: { '*:80': `${place.wan}:8080`, '*:443': `${place.wan}:8443`, ...options.portMap },
    ...(options.clock !== undefined && { clock: options.clock }),
  });
  return {
    place,
    tree,
    twin,
    radius,
    gateway: `${place.lan}.1`,
    [Symbol.asyncDispose]: async () => {
      await twin[Symbol.asyncDispose]();
      await radius[Symbol.asyncDispose]();
    },
  };
}

/** A phone with a lease that has logged in as `warga`. */
export async function loggedIn({ twin, gateway }: Village, mac = '02:00:00:00:00:01') {
  const lease = twin.attach({ mac });
  if (lease === null) throw new Error('no lease');
  const answer = await ask(gateway, lease.ip, own('/login?username=warga&password=token'));
  if (!answer.text.startsWith('HTTP/1.1 302')) throw new Error(`not let in: ${answer.text}`);
  return lease.ip;
}
