/**
 * A million mutated packets: against the decoder and every reader, and against both handlers with a
 * real store. Whether a packet proves its sender is worked out here once more, with node:crypto.
 */
import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { steppedClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { type AccountingHandler, createAccountingHandler } from '../../../radius/accounting.ts';
import { ATTRIBUTES, type AttributeName, Code } from '../../../radius/attributes.ts';
import { type AuthHandler, createAuthHandler } from '../../../radius/auth.ts';
import { chapHolds } from '../../../radius/chap.ts';
import {
  type AttributeValue,
  addressOf,
  concatOf,
  decodePacket,
  encodePacket,
  interfaceIdOf,
  ipv6Of,
  numberOf,
  octetsOf,
  type Packet,
  prefixOf,
  taggedNumbersOf,
  taggedTextsOf,
  textOf,
} from '../../../radius/codec.ts';
import { RadiusError } from '../../../radius/errors.ts';
import { extendedValues, findTlv, integer64Of, readExtended } from '../../../radius/extended.ts';
import { createRadiusMetrics } from '../../../radius/metrics.ts';
import { readMsChap2, verifyMsChap2 } from '../../../radius/mschap.ts';
import { hidePassword, revealPassword } from '../../../radius/pap.ts';
import {
  MAC,
  NAS_SECRET,
  PORTAL,
  SILENT,
  START_MS,
  seedRouters,
  TIME_ZONE,
} from '../../../radius/radius.fixture.ts';
import { hideTunnelPassword, revealSalted, revealTunnelPassword } from '../../../radius/salted.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { drawFrom, mutated } from '../../fixtures/mutate.ts';

const WHOLE = 1_000_000;
const MAX_ATTRIBUTES = 200;
const SECRET = radiusSecret(NAS_SECRET);
const A = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const NAS = '10.99.0.1';
/** One in so many packets is signed again after its mutations, to get past the door. */
const SIGNED_AGAIN = 32;
const NAMES = Object.keys(ATTRIBUTES) as AttributeName[];

const HOTSPOT: readonly AttributeValue[] = [
  ['Calling-Station-Id', MAC],
  ['Called-Station-Id', 'hotspot1'],
  ['NAS-Identifier', 'rt-teladan'],
  ['NAS-IP-Address', '10.99.0.1'],
  ['NAS-Port-Type', 19],
  ['NAS-Port-Id', 'bridge'],
  ['Framed-IP-Address', '172.16.0.9'],
  ['Mikrotik-Host-IP', '172.16.0.9'],
  ['Event-Timestamp', START_MS / 1000],
];
const MODERN: readonly AttributeValue[] = [
  ['NAS-IPv6-Address', '2001:db8::1'],
  ['Framed-IPv6-Prefix', '2001:db8:1::/64'],
  ['Delegated-IPv6-Prefix', '2001:db8:2::/56'],
  ['Framed-Interface-Id', '0:0:0:1'],
  ['Tunnel-Type', { tag: 1, value: 13 }],
  ['Tunnel-Private-Group-ID', { tag: 1, value: '200' }],
  ['Tunnel-Password', hideTunnelPassword({ tag: 1, value: 'rahasia' }, 77, A, SECRET)],
  ['Chargeable-User-Identity', Buffer.from([0])],
  ['Extended-Attribute-1', Buffer.from('1a00000009010203', 'hex')],
  ...extendedValues(245, 1, Buffer.from('01080206030461620505000000'.padEnd(600, '0'), 'hex')),
  ['WISPr-Location-ID', 'isocc=id'],
  ['ChilliSpot-Max-Total-Octets', 1],
  ['Proxy-State', Buffer.from('ab')],
];
const USAGE: readonly AttributeValue[] = [
  ['Acct-Session-Id', '80000001'],
  ['User-Name', 'siti'],
  ['Acct-Session-Time', 60],
  ['Acct-Input-Octets', 1000],
  ['Acct-Output-Octets', 2000],
  ['Acct-Input-Gigawords', 1],
  ['Class', '0199c6a0-0000-7000-8000-000000000001'],
];
const VALID: readonly Buffer[] = [
  packet(Code.accessRequest, true, [
    ['User-Name', 'siti'],
    ['User-Password', hidePassword(Buffer.from('sandi-siti'), A, SECRET)],
    ...HOTSPOT,
  ]),
  packet(Code.accessRequest, true, [
    ['User-Name', 'siti'],
    ['CHAP-Password', Buffer.alloc(17, 1)],
    ['CHAP-Challenge', A],
    ...HOTSPOT,
  ]),
  packet(Code.accessRequest, true, [
    ['User-Name', 'siti'],
    ['MS-CHAP-Challenge', A],
    ['MS-CHAP2-Response', Buffer.alloc(50, 1)],
    ...MODERN,
  ]),
  packet(Code.accessRequest, true, [
    ['User-Name', 'siti'],
    ['EAP-Message', Buffer.alloc(600, 2)],
    ['State', A],
  ]),
  packet(Code.accessAccept, true, [
    ['Class', 'x'],
    ['Mikrotik-Rate-Limit', '2M/5M'],
    ['MS-MPPE-Send-Key', Buffer.alloc(34, 0x90)],
    ['Reply-Message', 'x'.repeat(300)],
    ...MODERN,
  ]),
  ...[1, 2, 3, 7, 8].map((status) =>
    packet(Code.accountingRequest, status === 2, [
      ['Acct-Status-Type', status],
      ...USAGE,
      ...HOTSPOT,
    ]),
  ),
  packet(Code.accountingRequest, false, [['Acct-Status-Type', 3], ...USAGE, ...MODERN]),
  packet(Code.statusServer, true, []),
  packet(Code.disconnectRequest, true, USAGE),
  packet(Code.coaNak, true, [['Error-Cause', 503]]),
];

function packet(
  code: number,
  messageAuthenticator: boolean,
  attributes: readonly AttributeValue[],
): Buffer {
  const bytes = encodePacket({ code, identifier: 1, messageAuthenticator, attributes });
  bytes.set(A, 4);
  return signedAgain(bytes);
}

/** Offset of the value of the first Message-Authenticator; -1 when there is none of 16 octets. */
function findMessageAuthenticator(bytes: Buffer): number {
  for (let at = 20; at + 2 <= bytes.length && bytes[at + 1]! >= 2; at += bytes[at + 1]!) {
    if (bytes[at] === 80) return bytes[at + 1] === 18 && at + 18 <= bytes.length ? at + 2 : -1;
  }
  return -1;
}

function isAccess(code: number | undefined): boolean {
  return code === Code.accessRequest || code === Code.statusServer;
}

function hmacOf(bytes: Buffer, at: number): Buffer {
  const blank = Buffer.from(bytes).fill(0, at, at + 16);
  if (!isAccess(bytes[0])) blank.fill(0, 4, 20);
  return createHmac('md5', NAS_SECRET).update(blank).digest();
}

function digestOf(bytes: Buffer): Buffer {
  const blank = Buffer.from(bytes).fill(0, 4, 20);
  return createHash('md5').update(blank).update(NAS_SECRET).digest();
}

/** What the NAS would have made of these octets: true signatures, whatever else is wrong. */
function signedAgain(given: Buffer): Buffer {
  if (given.length < 20) return given;
  const bytes = Buffer.from(given);
  const length = bytes.readUInt16BE(2);
  const own = bytes.subarray(0, Math.min(Math.max(20, length), bytes.length));
  const at = findMessageAuthenticator(own);
  if (at !== -1) own.set(hmacOf(own, at), at);
  if (!isAccess(own[0])) own.set(digestOf(own), 4);
  return bytes;
}

/** Whether the sender knows the secret of the NAS (RFC 2865 §3, RFC 2866 §3, RFC 3579 §3.2). */
function proves(datagram: Buffer): boolean {
  if (datagram.length < 20) return false;
  const bytes = datagram.subarray(0, datagram.readUInt16BE(2));
  const at = findMessageAuthenticator(bytes);
  const isSigned = at !== -1 && hmacOf(bytes, at).equals(bytes.subarray(at, at + 16));
  if (isAccess(bytes[0])) return isSigned;
  return digestOf(bytes).equals(bytes.subarray(4, 20)) && (at === -1 || isSigned);
}

/** Asks for everything that may be asked of a packet; only RadiusError may come out. */
function readAll(received: Packet): void {
  const attempts = [
    () => NAMES.map((name) => [octetsOf(received, name), concatOf(received, name)]),
    () => [textOf(received, 'User-Name'), textOf(received, 'Mikrotik-Rate-Limit')],
    () => [numberOf(received, 'Acct-Status-Type'), numberOf(received, 'Mikrotik-Total-Limit')],
    () => [addressOf(received, 'Framed-IP-Address'), addressOf(received, 'Mikrotik-Host-IP')],
    () => ipv6Of(received, 'NAS-IPv6-Address'),
    () => prefixOf(received, 'Framed-IPv6-Prefix'),
    () => prefixOf(received, 'Delegated-IPv6-Prefix'),
    () => interfaceIdOf(received, 'Framed-Interface-Id'),
    () => taggedNumbersOf(received, 'Tunnel-Type'),
    () => taggedTextsOf(received, 'Tunnel-Private-Group-ID'),
    () => chapHolds(received, 'x'),
    () => {
      const request = readMsChap2(received);
      return request && verifyMsChap2(request, 'siti', 'x');
    },
    () => revealPassword(octetsOf(received, 'User-Password') ?? A, A, SECRET),
    () => revealSalted(octetsOf(received, 'MS-MPPE-Send-Key') ?? A, A, SECRET),
    () => revealTunnelPassword(octetsOf(received, 'Tunnel-Password') ?? A, A, SECRET),
    ...readExtended(received).flatMap(({ value }) => [
      () => findTlv(value, [1, 2, 3]),
      () => integer64Of(value),
    ]),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch (error) {
      if (!(error instanceof RadiusError)) throw error;
    }
  }
}

/** Attributes follow one another and end in the packet: no octet was looked at as two of them. */
function inOrder({ attributes, bytes }: Packet): boolean {
  let end = 20;
  return attributes.every(({ from, to }) => {
    const follows = from >= end + 2 && to >= from && to <= bytes.length;
    end = to;
    return follows;
  });
}

describe('a million mutated packets', () => {
  it('leave the decoder and the readers as attributes or as RadiusError', () => {
    const { numRuns, seed } = campaign(WHOLE);
    const draw = drawFrom(seed);
    const broken: string[] = [];
    const seen = { decoded: 0, refused: 0 };
    for (let run = 0; run < numRuns; run += 1) {
      const bytes = mutated(draw, VALID);
      try {
        const received = decodePacket(bytes);
        seen.decoded += 1;
        readAll(received);
        const extended = readExtended(received).reduce((sum, { value }) => sum + value.length, 0);
        const isBounded = received.attributes.length <= MAX_ATTRIBUTES && extended < bytes.length;
        if (!isBounded || !inOrder(received)) broken.push(bytes.toString('hex'));
      } catch (error) {
        if (error instanceof RadiusError) seen.refused += 1;
        else broken.push(`${String(error)}: ${bytes.toString('hex')}`);
      }
    }

    expect(broken.slice(0, 5)).toEqual([]);
    expect(seen.decoded).toBeGreaterThan(numRuns / 10);
    expect(seen.refused).toBeGreaterThan(numRuns / 10);
  }, 900_000);

  it('are repeated without losing an attribute', () => {
    const { numRuns, seed } = campaign(WHOLE / 10);
    const draw = drawFrom(seed);
    const broken: string[] = [];
    const fields = ({ attributes, bytes }: Packet) =>
      attributes
        .filter(({ vendor, type }) => vendor !== 0 || type !== 80)
        .map(({ vendor, type, from, to }) => `${vendor}/${type} ${bytes.toString('hex', from, to)}`)
        .join();
    for (let run = 0; run < numRuns; run += 1) {
      const bytes = mutated(draw, VALID);
      try {
        const from = decodePacket(bytes);
        const messageAuthenticator = false;
        const base = { code: 1, identifier: 1, messageAuthenticator, attributes: [] };
        const again = decodePacket(encodePacket({ ...base, echo: { from } }));
        if (fields(again) !== fields(from)) broken.push(bytes.toString('hex'));
      } catch (error) {
        if (!(error instanceof RadiusError))
          broken.push(`${String(error)}: ${bytes.toString('hex')}`);
      }
    }

    expect(broken.slice(0, 5)).toEqual([]);
  }, 300_000);
});

describe('a million mutated packets at the handlers', () => {
  let folder: string;
  let store: Store;
  let auth: AuthHandler;
  let accounting: AccountingHandler;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'radius-fuzz-'));
    const opened = await openStore({
      store: `sqlite:${join(folder, 'test.db')}`,
      keyFile: join(folder, 'store.key'),
    });
    store = opened.store;
    await seedRouters(store, NAS);
    const deps = {
      store,
      clock: steppedClock(START_MS),
      log: SILENT,
      metrics: createRadiusMetrics(createMetrics()),
      timeZone: TIME_ZONE,
      interimSeconds: 300,
      portal: PORTAL,
      rejectDelayMs: 0,
    };
    auth = createAuthHandler(deps);
    accounting = createAccountingHandler(deps);
    // From its first signature on, the NAS must sign (CVE-2024-3596).
    await auth.handle(packet(Code.statusServer, true, []), { address: NAS, port: 1 });
    await auth.handle(VALID[0]!, { address: NAS, port: 1 });
  });

  afterAll(async () => {
    await auth[Symbol.asyncDispose]();
    await accounting.settled();
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('get no reply unless they prove that their sender knows the secret', async () => {
    const { numRuns, seed } = campaign(WHOLE);
    const draw = drawFrom(seed);
    const again = drawFrom(~seed);
    const wrong: string[] = [];
    const seen = { auth: 0, accounting: 0, silent: 0 };
    for (let run = 0; run < numRuns; run += 1) {
      const plain = mutated(draw, VALID);
      const bytes = again(SIGNED_AGAIN) === 0 ? signedAgain(plain) : plain;
      // Another port each time: an identifier seen again must not be taken for a retransmit.
      const peer = { address: NAS, port: 1024 + (run % 60_000) };
      for (const [name, handle] of [
        ['auth', auth.handle],
        ['accounting', accounting.handle],
      ] as const) {
        const reply = await handle(bytes, peer);
        if (reply === null) seen.silent += 1;
        else seen[name] += 1;
        if (reply !== null && !proves(bytes)) wrong.push(`${name}: ${bytes.toString('hex')}`);
      }
    }

    expect(wrong.slice(0, 5)).toEqual([]);
    expect(seen.silent).toBeGreaterThan(numRuns);
    expect(seen.auth).toBeGreaterThan(numRuns / 1000);
    expect(seen.accounting).toBeGreaterThan(numRuns / 1000);
  }, 1_800_000);
});
