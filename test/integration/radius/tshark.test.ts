/**
 * Wireshark's dissector as a judge of what we send: every authenticator must be correct, every
 * attribute must have its name and our value. The packets reach it in a capture file written here.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTRIBUTES, type AttributeName, Code } from '../../../radius/attributes.ts';
import {
  type AttributeValue,
  authenticatorOf,
  decodePacket,
  encodePacket,
} from '../../../radius/codec.ts';
import type { AttributeKind } from '../../../radius/dictionary/kinds.ts';
import { hidePassword } from '../../../radius/pap.ts';
import { hideTunnelPassword } from '../../../radius/salted.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { signAccessRequest, signRequest, signResponse } from '../../../radius/sign.ts';
import { installed } from '../../fixtures/installed.ts';

const hasTshark = await installed('tshark', 'tshark', ['--version']);

const SECRET_TEXT = 'rahasia-router-desa-1';
const SECRET = radiusSecret(SECRET_TEXT);
const A = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const SERVER_PORT = 1812;
const NAS_PORT = 40_000;
const LINKTYPE_RAW = 101;

/** A packet as it passed; a request and its reply have the same identifier. */
interface Captured {
  readonly bytes: Buffer;
  readonly toServer: boolean;
}

/** A value of its own for each name, so that values cannot be confused. */
function sample(name: AttributeName, i: number): readonly [AttributeName, string | number] {
  const { kind } = ATTRIBUTES[name];
  if (kind === 'text') return [name, `nilai-${i}`];
  return [name, kind === 'ipaddr' ? `10.9.8.${i % 256}` : 1000 + i];
}

/** Names that the dissector spells otherwise, or has not heard of. */
const UNKNOWN: ReadonlySet<string> = new Set([
  'Mikrotik-DHCP-Option-Param-STR2',
  'Mikrotik-Switching-Filter',
]);
const VENDOR_VALUES = (Object.keys(ATTRIBUTES) as AttributeName[])
  .filter((name) => /^(?:Mikrotik|WISPr|ChilliSpot)-/.test(name) && !UNKNOWN.has(name))
  .map(sample);

const MODERN: readonly AttributeValue[] = [
  ['NAS-IPv6-Address', '2001:db8::1'],
  ['Framed-Interface-Id', '1:2:3:4'],
  ['Framed-IPv6-Prefix', '2001:db8:1::/64'],
  ['Delegated-IPv6-Prefix', '2001:db8:2::/56'],
  ['Framed-IPv6-Address', '2001:db8::aa'],
  ['Tunnel-Type', { tag: 3, value: 13 }],
  ['Tunnel-Private-Group-ID', { tag: 3, value: '200' }],
  ['Tunnel-Password', hideTunnelPassword({ tag: 3, value: 'rahasia' }, 77, A, SECRET)],
  ['Extended-Attribute-1', Buffer.from('0178797a', 'hex')],
];

function request(
  code: number,
  identifier: number,
  attributes: readonly AttributeValue[],
): Captured {
  const isAccess = code === Code.accessRequest || code === Code.statusServer;
  const bytes = encodePacket({ code, identifier, messageAuthenticator: true, attributes });
  if (isAccess) signAccessRequest(bytes, A, SECRET);
  else signRequest(bytes, SECRET);
  return { bytes, toServer: true };
}

function reply(to: Captured, code: number, attributes: readonly AttributeValue[]): Captured {
  const { identifier, ...rest } = decodePacket(to.bytes);
  const messageAuthenticator = code !== Code.accountingResponse;
  const bytes = encodePacket({ code, identifier, messageAuthenticator, attributes });
  signResponse(bytes, authenticatorOf({ identifier, ...rest }), SECRET);
  return { bytes, toServer: false };
}

function conversation(): Captured[] {
  const access = request(Code.accessRequest, 1, [
    ['User-Name', 'siti'],
    ['User-Password', hidePassword(Buffer.from('sandi-siti'), A, SECRET)],
    ...MODERN,
  ]);
  const second = request(Code.accessRequest, 2, [['User-Name', 'salah']]);
  const accounting = request(Code.accountingRequest, 3, [
    ['Acct-Status-Type', 3],
    ['Acct-Session-Id', '80000001'],
    ['Acct-Input-Gigawords', 2],
    ['Acct-Terminate-Cause', 11],
  ]);
  const disconnect = request(Code.disconnectRequest, 4, [['Acct-Session-Id', '80000001']]);
  const coa = request(Code.coaRequest, 5, [['Mikrotik-Rate-Limit', '1M/1M']]);
  const status = request(Code.statusServer, 6, []);
  return [
    access,
    reply(access, Code.accessAccept, VENDOR_VALUES),
    second,
    reply(second, Code.accessReject, [['Reply-Message', 'x'.repeat(300)]]),
    accounting,
    reply(accounting, Code.accountingResponse, []),
    disconnect,
    reply(disconnect, Code.disconnectNak, [['Error-Cause', 503]]),
    coa,
    reply(coa, Code.coaAck, []),
    status,
    reply(status, Code.accessAccept, []),
  ];
}

/** Not those of RFC 7268 and Operator-Name, which the dissector takes for something older. */
const STANDARD_NAMES = (Object.keys(ATTRIBUTES) as AttributeName[]).filter((name) => {
  const { vendor, type } = ATTRIBUTES[name];
  return vendor === 0 && type !== 80 && type !== 126 && (type < 177 || type > 190);
});

/** One Access-Accept for each standard attribute, with octets that every kind takes. */
function everyStandard(): Captured[] {
  const values: Partial<Record<AttributeKind, Uint8Array>> = {
    ipv6addr: Buffer.alloc(16, 1),
    ipv6prefix: Buffer.from('004020010db800010000', 'hex'),
    ifid: Buffer.alloc(8, 1),
  };
  return STANDARD_NAMES.map((name, identifier) => {
    const value = values[ATTRIBUTES[name].kind] ?? Buffer.from([0, 0, 0, 1]);
    const code = Code.accessAccept;
    const messageAuthenticator = false;
    const attributes = [[name, value]] as const;
    const bytes = encodePacket({ code, identifier, messageAuthenticator, attributes });
    return { bytes, toServer: false };
  });
}

/** A capture file: its header, then each packet behind a record header, IPv4 and UDP. */
function capture(packets: readonly Captured[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(LINKTYPE_RAW, 20);
  const records = packets.flatMap(({ bytes, toServer }, i) => {
    const datagram = ipv4(bytes, toServer);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_790_000_000 + i, 0);
    record.writeUInt32LE(datagram.length, 8);
    record.writeUInt32LE(datagram.length, 12);
    return [record, datagram];
  });
  return Buffer.concat([head, ...records]);
}

function ipv4(payload: Buffer, toServer: boolean): Buffer {
  const head = Buffer.alloc(28);
  const addresses = [Buffer.from([10, 99, 0, 1]), Buffer.from([10, 99, 0, 254])];
  const ports = [NAS_PORT, SERVER_PORT];
  const [source, target] = toServer ? [0, 1] : [1, 0];
  head[0] = 0x45;
  head.writeUInt16BE(28 + payload.length, 2);
  head[8] = 64;
  head[9] = 17;
  head.set(addresses[source]!, 12);
  head.set(addresses[target]!, 16);
  head.writeUInt16BE(ports[source]!, 20);
  head.writeUInt16BE(ports[target]!, 22);
  head.writeUInt16BE(8 + payload.length, 24);
  return Buffer.concat([head, payload]);
}

/** What the dissector prints, one text a packet. */
async function dissect(folder: string, packets: readonly Captured[]): Promise<string[]> {
  const file = join(folder, 'radius.pcap');
  await writeFile(file, capture(packets));
  const { stdout } = await promisify(execFile)(
    'tshark',
    [
      ...['-r', file, '-V', '-O', 'radius', '-d', `udp.port==${SERVER_PORT},radius`],
      ...['-o', `radius.shared_secret:${SECRET_TEXT}`],
      ...['-o', 'radius.validate_authenticator:TRUE'],
    ],
    { maxBuffer: 1 << 24 },
  );
  return stdout.split(/^Frame \d+:/m).slice(1);
}

/** The dissector takes no notice of whose reply follows a Status-Server, the last pair. */
const PAIRS = conversation().length / 2 - 1;

describe.skipIf(!hasTshark)('the dissector of Wireshark', () => {
  let folder: string;
  let texts: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'radius-tshark-'));
    texts = await dissect(folder, conversation());
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('finds the authenticator of every reply correct, and nothing malformed', () => {
    const replies = texts.filter((text) => text.includes('[This is a response to a request'));

    expect(texts).toHaveLength(conversation().length);
    expect(replies).toHaveLength(PAIRS);
    for (const text of replies) expect(text).toMatch(/Authenticator: [0-9a-f]{32} \[correct\]/);
    expect(texts.join('\n')).not.toMatch(/malformed|incorrect|duplicate/i);
  });

  it('finds a reply with one flipped bit incorrect', async () => {
    const packets = conversation();
    const signed = packets.filter(({ toServer }) => !toServer);
    signed.forEach(({ bytes }, i) => {
      bytes[4 + i]! ^= 1;
    });

    const found = (await dissect(folder, packets)).filter((text) => text.includes('[incorrect'));

    expect(found).toHaveLength(PAIRS);
  });

  it('opens the password with the secret', () => {
    expect(texts[0]).toContain('User-Password: sandi-siti');
  });

  it.each(VENDOR_VALUES)('names %s and reads our value', (name, value) => {
    const isNamed = new RegExp(
      `VSA: t=${name}\\(\\d+\\) l=\\d+ val=(?:Unknown\\()?${value}\\)?$`,
      'm',
    );

    expect(texts[1]).toMatch(isNamed);
  });

  it('gives every standard attribute our name', async () => {
    const found = await dissect(folder, everyStandard());
    const named = found.map((text) => /AVP: t=([^(]+)\(/.exec(text)?.[1]?.toLowerCase());
    const ours = STANDARD_NAMES.map((name) => name.toLowerCase());

    expect(named).toEqual(ours);
  });

  it.each([
    ['NAS-IPv6-Address', 'val=2001:db8::1'],
    ['Framed-Interface-Id', 'val=0001000200030004'],
    ['Framed-IPv6-Prefix', 'val=2001:db8:1::/64'],
    ['Delegated-IPv6-Prefix', 'val=2001:db8:2::/56'],
    ['Framed-IPv6-Address', 'val=2001:db8::aa'],
    ['Tunnel-Type', 'Tag=0x03 val=VLAN(13)'],
    ['Tunnel-Private-Group-Id', 'Tag=0x03 val=200'],
    ['Tunnel-Password', 'Tag=0x03 val=Encrypted'],
    ['Frag-Status', 'val=Unknown(7895418)'],
  ])('reads %s as %s', (name, value) => {
    const line = texts[0]!.split('\n').find((one) => one.includes(`AVP: t=${name}(`));

    expect(line?.trimEnd().endsWith(` ${value}`)).toBe(true);
  });

  it.each([
    ['Acct-Status-Type', 4, 'Interim-Update(3)'],
    ['Acct-Terminate-Cause', 4, 'NAS-Reboot(11)'],
    ['Error-Cause', 7, 'Session-Context-Not-Found(503)'],
  ])('calls a value of %s as we do', (name, packet, value) => {
    expect(texts[packet]).toContain(`t=${name}`);
    expect(texts[packet]).toContain(`val=${value}`);
  });
});
