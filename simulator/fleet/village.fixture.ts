/**
 * For tests: what a village's server side needs at the least (a RADIUS server and a portal), and the
 * router's configuration for it, written over the API as a person would by hand.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  ATTR,
  type Attribute,
  integerAttribute,
  integerOf,
  MIKROTIK,
  MIKROTIK_ATTR,
  textAttribute,
  textOf,
  vendorAttribute,
} from '../nas/attributes.ts';
import { CODE, decodePacket, hidePassword, type Packet, signResponse } from '../nas/packet.ts';
import { type ApiTalk, valuesOf } from './api.fixture.ts';

export interface Stop {
  readonly username: string | null;
  readonly inputOctets: number | null;
  readonly outputOctets: number | null;
}

export interface ServerSide extends AsyncDisposable {
  readonly address: string;
  readonly portalPort: number;
  readonly radiusPort: number;
  /** Accounting Stops in the order of arrival. */
  readonly stops: readonly Stop[];
}

const SECRET = 'rahasia';
/** Voucher codes, and the octets that each may move. */
const VOUCHERS: Readonly<Record<string, number | null>> = { GOOD: null, SMALL: 200_000 };
const LAN = '127.66.0';
export const GATEWAY = `${LAN}.1`;

export async function startServerSide(address: string): Promise<ServerSide> {
  const stops: Stop[] = [];
  const radius = await startRadius(address, stops);
  const portal = createServer((request, response) => void servePortal(address, request, response));
  portal.listen({ host: address, port: 0 });
  await once(portal, 'listening');
  return {
    address,
    portalPort: (portal.address() as AddressInfo).port,
    radiusPort: radius.address().port,
    stops,
    [Symbol.asyncDispose]: async () => {
      radius.close();
      await close(portal);
    },
  };
}

/** Hotspot, NAS and DNS on the factory's bridge, in place of the factory's LAN. */
export async function configure(api: ApiTalk, server: ServerSide, resolver: string): Promise<void> {
  const ids = async (path: string, ...query: string[]): Promise<string> =>
    valuesOf(await api.run(`${path}/print`, ...query), '.id').join(',');
  const set = async (path: string, ...words: string[]): Promise<void> => {
    await api.run(`${path}/set`, ...words);
  };
  const add = async (path: string, ...words: string[]): Promise<void> => {
    await api.run(`${path}/add`, ...words);
  };
  const fasttrack = await ids('/ip/firewall/filter', '?action=fasttrack-connection');
  await set('/ip/firewall/filter', `=.id=${fasttrack}`, '=disabled=yes');
  await set('/ip/address', `=.id=${await ids('/ip/address')}`, `=address=${GATEWAY}/22`);
  await add('/ip/pool', '=name=lan', `=ranges=${LAN}.10-${LAN}.99`);
  await set('/ip/dhcp-server', `=.id=${await ids('/ip/dhcp-server')}`, '=address-pool=lan');
  await add('/ip/dhcp-server/network', `=address=${LAN}.0/22`, `=gateway=${GATEWAY}`);
  await set('/ip/dns', `=servers=${resolver}`, '=allow-remote-requests=yes');
  const ports = [
    `=authentication-port=${server.radiusPort}`,
    `=accounting-port=${server.radiusPort}`,
  ];
  const radius = ['=service=hotspot', `=address=${server.address}`, `=secret=${SECRET}`, ...ports];
  await add('/radius', ...radius, '=timeout=3s', '=require-message-auth=no');
  const page = '$(if http-status == 302)Found$(endif)$(if http-header == "Location")';
  const way = `http://${server.address}/?link-login-only=$(link-login-only-esc)&error=$(error-esc)`;
  const contents = `=contents=${page}${way}$(endif)`;
  await add('/file', '=name=sw/login.html', contents);
  const login = ['=login-by=http-pap', '=use-radius=yes', '=html-directory=sw'];
  await add('/ip/hotspot/profile', '=name=sw-p', `=hotspot-address=${GATEWAY}`, ...login);
  await add('/ip/hotspot', '=name=sw-h', '=interface=bridge', '=profile=sw-p', '=disabled=no');
  await add('/ip/hotspot/walled-garden/ip', `=dst-address=${server.address}`, '=action=accept');
}

async function startRadius(address: string, stops: Stop[]): Promise<UdpSocket> {
  const socket = createSocket('udp4');
  socket.on('message', (datagram, peer) => {
    const packet = decodePacket(datagram);
    if (packet === null) return;
    const { code, attributes } = packet.code === CODE.accessRequest ? judge(packet) : book(packet);
    socket.send(signResponse(code, packet, attributes, SECRET), peer.port, peer.address);
  });
  const book = ({ attributes }: Packet): { code: number; attributes: Attribute[] } => {
    if (integerOf(attributes, ATTR.acctStatusType) === 2) {
      stops.push({
        username: textOf(attributes, ATTR.userName),
        inputOctets: integerOf(attributes, ATTR.acctInputOctets),
        outputOctets: integerOf(attributes, ATTR.acctOutputOctets),
      });
    }
    return { code: CODE.accountingResponse, attributes: [] };
  };
  socket.bind({ address, port: 0 });
  await once(socket, 'listening');
  return socket;
}

function judge({ attributes, authenticator }: Packet): { code: number; attributes: Attribute[] } {
  const hidden = attributes.find(({ type }) => type === ATTR.userPassword)?.value;
  const name = textOf(attributes, ATTR.userName) ?? '';
  const known = hidden?.equals(hidePassword(`token-${name}`, authenticator, SECRET)) ?? false;
  if (!known) {
    const message = textAttribute(ATTR.replyMessage, 'SW-TOKEN kode tidak berlaku');
    return { code: CODE.accessReject, attributes: [message] };
  }
  const limit = VOUCHERS[name] ?? null;
  const grant =
    limit === null
      ? []
      : [vendorAttribute(MIKROTIK, integerAttribute(MIKROTIK_ATTR.totalLimit, limit))];
  return { code: CODE.accessAccept, attributes: grant };
}

async function servePortal(
  address: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://${address}`);
  const form = new URLSearchParams(await text(request));
  const link = searchParams.get('link-login-only') ?? form.get('link') ?? '';
  const [code] = (searchParams.get('error') ?? '').split(' ');
  const voucher = form.get('voucher');
  if (voucher !== null && voucher !== 'UNKNOWN') {
    const token = voucher in VOUCHERS ? `token-${voucher}` : 'spent';
    const query = new URLSearchParams({ username: voucher, password: token });
    query.set('dst', `http://${address}/status?link=${encodeURIComponent(link)}`);
    response.writeHead(303, { Location: `${link}?${query.toString()}` }).end();
  } else if (pathname === '/logout') {
    response
      .writeHead(303, { Location: (form.get('link') ?? '').replace('login', 'logout') })
      .end();
  } else if (pathname === '/status') {
    const back = searchParams.get('link') ?? '';
    response.end(`<form method=post action=/logout><input name=link value="${back}"></form>`);
  } else {
    const refusal = voucher === null ? code : 'SW-BADCRED';
    response.end(
      `<p data-code="${refusal}"></p><form method=post action=/login>
      <input type=hidden name=link value="${link}"><input name=voucher></form>`,
    );
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
