/**
 * Others as judges of our wire format: npm `radius` on random packets both ways, FreeRADIUS's
 * smbencrypt for MD4. radclient.test.ts and tshark.test.ts have two more.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Code } from '../../../radius/attributes.ts';
import {
  type AttributeValue,
  authenticatorOf,
  decodePacket,
  encodePacket,
  octetsOf,
  type Packet,
} from '../../../radius/codec.ts';
import { md4 } from '../../../radius/md4.ts';
import { hidePassword } from '../../../radius/pap.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import {
  accessRequestHolds,
  requestHolds,
  responseHolds,
  signAccessRequest,
  signRequest,
  signResponse,
} from '../../../radius/sign.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { installed } from '../../fixtures/installed.ts';

const run = promisify(execFile);
const hasSmbencrypt = await installed('smbencrypt of FreeRADIUS', 'smbencrypt', ['x']);

const SECRET_TEXT = 'rahasia-router-desa-1';
const SECRET = radiusSecret(SECRET_TEXT);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'radius-oracles-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the oracle must be told of the vendors; it brings only the RFCs. */
const DICTIONARY = `
VENDOR Mikrotik 14988
BEGIN-VENDOR Mikrotik
ATTRIBUTE Mikrotik-Rate-Limit 8 string
ATTRIBUTE Mikrotik-Host-IP 10 ipaddr
ATTRIBUTE Mikrotik-Total-Limit 17 integer
END-VENDOR Mikrotik
VENDOR WISPr 14122
BEGIN-VENDOR WISPr
ATTRIBUTE WISPr-Redirection-URL 4 string
ATTRIBUTE WISPr-Bandwidth-Max-Down 8 integer
END-VENDOR WISPr
`;

const TEXTS = ['User-Name', 'NAS-Identifier', 'Calling-Station-Id', 'Filter-Id'] as const;
const NUMBERS = ['Session-Timeout', 'Idle-Timeout', 'NAS-Port', 'Acct-Input-Octets'] as const;
const ADDRESSES = ['Framed-IP-Address', 'NAS-IP-Address'] as const;
const OCTETS = ['State', 'Class', 'Proxy-State'] as const;

/** A random attribute as we say it and as the oracle says it. */
type Pair = readonly [AttributeValue, vendor: string | null, theirs: unknown];

const text = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((value) => {
  return !/\p{Cc}/u.test(value) && Buffer.from(value).toString() === value;
});
const word = fc.nat({ max: 0xffff_ffff });
const octets = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((value) => Buffer.from(value));
const plain = <T extends string | number | Buffer>(
  names: readonly AttributeValue[0][],
  value: fc.Arbitrary<T>,
  vendor: string | null = null,
): fc.Arbitrary<Pair> =>
  fc.tuple(fc.constantFrom(...names), value).map(([name, one]) => [[name, one], vendor, one]);
const pairs = fc.uniqueArray(
  fc.oneof(
    plain(TEXTS, text),
    plain(NUMBERS, word),
    plain(ADDRESSES, fc.ipV4()),
    plain(OCTETS, octets),
    word.map((at): Pair => [['Event-Timestamp', at], null, new Date(at * 1000)]),
    plain(['Mikrotik-Rate-Limit'], text, 'Mikrotik'),
    plain(['Mikrotik-Host-IP'], fc.ipV4(), 'Mikrotik'),
    plain(['Mikrotik-Total-Limit'], word, 'Mikrotik'),
    plain(['WISPr-Redirection-URL'], text, 'WISPr'),
    plain(['WISPr-Bandwidth-Max-Down'], word, 'WISPr'),
  ),
  { maxLength: 12, selector: ([[name]]) => name },
);
const password = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' });
const authenticator = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((value) => Buffer.from(value));

/** What the oracle makes of our attributes: vendors' in an object of their own. */
function asDecoded(list: readonly Pair[]): Record<string, unknown> {
  const of = (inside: boolean) =>
    Object.fromEntries(
      list.filter(([, vendor]) => (vendor !== null) === inside).map(([[name], , v]) => [name, v]),
    );
  const vendors = of(true);
  return Object.keys(vendors).length === 0
    ? of(false)
    : { ...of(false), 'Vendor-Specific': vendors };
}

function asGiven(list: readonly Pair[]): unknown[] {
  return list.map(([[name], vendor, value]) =>
    vendor === null ? [name, value] : ['Vendor-Specific', vendor, [[name, value]]],
  );
}

/** The octets of every attribute, as both must write them. */
function valuesOf(packet: Packet, list: readonly Pair[]): (string | undefined)[] {
  return list.map(([[name]]) => octetsOf(packet, name)?.toString('hex'));
}

describe('npm radius and we mean the same', () => {
  const oracle = createRequire(import.meta.url)('radius') as RadiusOracle;

  beforeAll(async () => {
    const file = join(folder, 'dictionary');
    await writeFile(file, DICTIONARY);
    // Another suite of this process may have made it read its dictionaries already.
    oracle.unload_dictionaries();
    oracle.add_dictionary(file);
  });

  const ourRequest = (list: readonly Pair[], word: string, over: Buffer): Buffer =>
    signAccessRequest(
      encodePacket({
        code: Code.accessRequest,
        identifier: 7,
        messageAuthenticator: true,
        attributes: [
          ['User-Password', hidePassword(Buffer.from(word), over, SECRET)],
          ...list.map(([ours]) => ours),
        ],
      }),
      over,
      SECRET,
    );

  it('by our Access-Request', () => {
    fc.assert(
      fc.property(pairs, password, authenticator, (list, word, over) => {
        const packet = ourRequest(list, word, over);

        const { code, identifier, attributes } = oracle.decode({ packet, secret: SECRET_TEXT });

        const { 'Message-Authenticator': _, 'User-Password': read, ...rest } = attributes;
        expect([code, identifier, read]).toEqual(['Access-Request', 7, word]);
        expect(rest).toEqual(asDecoded(list));
      }),
      campaign(5000),
    );
  });

  it('by its Access-Request', () => {
    fc.assert(
      fc.property(pairs, password, (list, word) => {
        const bytes = oracle.encode({
          code: 'Access-Request',
          identifier: 9,
          secret: SECRET_TEXT,
          attributes: [['User-Password', word], ...asGiven(list)],
          add_message_authenticator: true,
        });

        const packet = decodePacket(bytes);
        const same = decodePacket(ourRequest(list, word, authenticatorOf(packet)));

        expect(accessRequestHolds(packet, SECRET)).toBe(true);
        expect(valuesOf(packet, list)).toEqual(valuesOf(same, list));
        expect(octetsOf(packet, 'User-Password')).toEqual(octetsOf(same, 'User-Password'));
      }),
      campaign(5000),
    );
  });

  it('by Accounting-Requests of both', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const attributes = list.map(([ours]) => ours);
        const code = Code.accountingRequest;
        const base = { code, identifier: 3, messageAuthenticator: false, attributes };
        const ours = signRequest(encodePacket(base), SECRET);
        const theirs = oracle.encode({
          code: 'Accounting-Request',
          identifier: 3,
          secret: SECRET_TEXT,
          attributes: asGiven(list),
        });

        const read = oracle.decode({ packet: ours, secret: SECRET_TEXT });

        expect(read.attributes).toEqual(asDecoded(list));
        expect(requestHolds(decodePacket(theirs), SECRET)).toBe(true);
        expect(theirs).toEqual(ours);
      }),
      campaign(5000),
    );
  });

  it('by replies of both, signed and with every Proxy-State', () => {
    fc.assert(
      fc.property(pairs, pairs, authenticator, (asked, answered, over) => {
        const request = ourRequest(asked, 'x', over);
        const replied = answered.filter(([[name]]) => name !== 'Proxy-State');
        const code = Code.accessAccept;
        const base = { code, identifier: 7, messageAuthenticator: true };
        const attributes = replied.map(([ours]) => ours);
        const echo = { from: decodePacket(request), name: 'Proxy-State' } as const;
        const ours = signResponse(encodePacket({ ...base, attributes, echo }), over, SECRET);
        const theirs = oracle.encode_response({
          packet: oracle.decode({ packet: request, secret: SECRET_TEXT }),
          code: 'Access-Accept',
          secret: SECRET_TEXT,
          attributes: asGiven(replied),
        });
        const packet = decodePacket(theirs);
        const names: readonly Pair[] = [
          ...replied,
          ...asked.filter(([[n]]) => n === 'Proxy-State'),
        ];

        const verified = oracle.verify_response({ request, response: ours, secret: SECRET_TEXT });

        expect(verified).toBe(true);
        expect(responseHolds(packet, over, SECRET)).toBe(true);
        expect(valuesOf(packet, names)).toEqual(valuesOf(decodePacket(ours), names));
      }),
      campaign(5000),
    );
  });
});

it.skipIf(!hasSmbencrypt)('smbencrypt hashes passwords with MD4 as we do', async () => {
  const words = ['clientPass', 'sandi-siti', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(100)];

  for (const word of words) {
    const { stdout } = await run('smbencrypt', [word]);
    const hash = md4(Buffer.from(word, 'utf16le')).toString('hex').toUpperCase();

    expect(stdout).toContain(hash);
  }
});

interface RadiusOracle {
  add_dictionary(file: string): void;
  unload_dictionaries(): void;
  encode(what: object): Buffer;
  encode_response(what: object): Buffer;
  decode(what: { packet: Buffer; secret: string }): {
    code: string;
    identifier: number;
    attributes: Record<string, unknown>;
  };
  verify_response(what: object): boolean;
}
