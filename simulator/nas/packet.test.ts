import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import {
  ATTR,
  type Attribute,
  addressAttribute,
  integerAttribute,
  integerOf,
  MIKROTIK,
  MIKROTIK_ATTR,
  textAttribute,
  textOf,
  vendorAttribute,
  vendorAttributes,
} from './attributes.ts';
import { readGrant } from './grant.ts';
import {
  CODE,
  chapPassword,
  checkMessageAuthenticator,
  decodePacket,
  encodePacket,
  hidePassword,
  signAccessRequest,
  signAccountingRequest,
  signResponse,
  verifyRequest,
  verifyResponse,
} from './packet.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const decode = (text: string) => decodePacket(hex(text))!;

const RFC_SECRET = 'xyzzy5461';
const SECRET = 'testing123';
const A_AUTHENTICATOR = hex('000102030405060708090a0b0c0d0e0f');
const A_REQUEST =
  '0107003f000102030405060708090a0b0c0d0e0f50120fedf2f1b36c861809cd71a1aa37becd010764657361310212e58f67ae1dcc7a1a104607240014828b';
const A_ACCEPT =
  '02070039943f719c89572222b03065b07399827a50120a9000896ce90bfcb2cc2924db99d5ed1b0600000e101a0d00003a8c0807324d2f354d';
const A_REJECT =
  '030700331715122a678d560f525dee995b2a6e0950129381a3abf6aa88a7ded23932c1a533d6120d6b756f7461206861626973';
const ACCT_START =
  '0408002b7b5858f9fb094649f865e8ea1e54c58d2806000000012c0a383030303030303101076465736131';
const DISCONNECT =
  '2809003776648b193b70539287b57a42ef47dfe75012708f27fb30ce3b7e856338b45f2415d7010764657361312c0a3830303030303031';

describe('packets of RFC 2865 §7', () => {
  it('§7.1: the request is built octet for octet, and its Accept verifies', () => {
    const authenticator = hex('0f403f9473978057bd83d5cb98f4227a');
    const request = encodePacket(CODE.accessRequest, 0, authenticator, [
      textAttribute(ATTR.userName, 'nemo'),
      {
        type: ATTR.userPassword,
        value: hidePassword('arctangent', authenticator, RFC_SECRET),
      },
      addressAttribute(ATTR.nasIpAddress, '192.168.1.16'),
      integerAttribute(ATTR.nasPort, 3),
    ]);
    const accept = decode(
      '0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103',
    );

    expect(request.toString('hex')).toBe(
      '010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003',
    );
    expect(verifyResponse(accept, authenticator, RFC_SECRET)).toBe(true);
    expect(verifyResponse(accept, authenticator, 'other')).toBe(false);
  });

  it('§7.2: the CHAP response with the authenticator as challenge', () => {
    const authenticator = hex('2aee86f08d0d55969ca5978e0d3367a2');

    const response = chapPassword(0x16, 'arctangent', authenticator);

    expect(response.toString('hex')).toBe('16e97557c316185895f293ff6344077275');
  });
});

describe('own vectors', () => {
  it('A: an Access-Request carries Message-Authenticator first', () => {
    const attributes = [
      textAttribute(ATTR.userName, 'desa1'),
      { type: ATTR.userPassword, value: hidePassword('sandi1', A_AUTHENTICATOR, SECRET) },
    ];

    const request = signAccessRequest(7, A_AUTHENTICATOR, attributes, SECRET);

    expect(request.toString('hex')).toBe(A_REQUEST);
  });

  it.each([
    ['Accept', A_ACCEPT],
    ['Reject', A_REJECT],
  ])('A → %s verifies by both authenticators', (_name, text) => {
    const reply = decode(text);

    expect(verifyResponse(reply, A_AUTHENTICATOR, SECRET)).toBe(true);
    expect(checkMessageAuthenticator(reply, SECRET, A_AUTHENTICATOR)).toBe('valid');
    expect(checkMessageAuthenticator(reply, 'wrong', A_AUTHENTICATOR)).toBe('invalid');
  });

  it('A → Accept grants an hour at 2M/5M, Reject says why', () => {
    const grant = readGrant(decode(A_ACCEPT).attributes);

    expect(grant).toMatchObject({
      sessionTimeoutMs: 3_600_000,
      rate: { rxBps: 2e6, txBps: 5e6 },
      totalLimit: null,
    });
    expect(textOf(decode(A_REJECT).attributes, ATTR.replyMessage)).toBe('kuota habis');
  });

  it('an Accounting Start, and its answer', () => {
    const request = signAccountingRequest(
      8,
      [
        integerAttribute(ATTR.acctStatusType, 1),
        textAttribute(ATTR.acctSessionId, '80000001'),
        textAttribute(ATTR.userName, 'desa1'),
      ],
      SECRET,
    );
    const answer = decode('05080014d347b8bb61e825d5d110b97458dc2df5');

    expect(request.toString('hex')).toBe(ACCT_START);
    expect(verifyResponse(answer, request.subarray(4, 20), SECRET)).toBe(true);
  });

  it('a Disconnect-Request verifies, and the NAK says 503', () => {
    const request = decode(DISCONNECT);
    const nak = signResponse(
      CODE.disconnectNak,
      request,
      [integerAttribute(ATTR.errorCause, 503)],
      SECRET,
    );

    expect(verifyRequest(request, SECRET)).toBe(true);
    expect(verifyRequest(request, 'wrong')).toBe(false);
    expect(checkMessageAuthenticator(request, SECRET)).toBe('valid');
    expect(nak.toString('hex')).toBe('2a09001a58009370e753b1a83325b590b8dc93b76506000001f7');
  });

  it('PAP hides a password of two blocks', () => {
    expect(hidePassword('kata-sandi-yang-panjang', A_AUTHENTICATOR, SECRET).toString('hex')).toBe(
      'fd8f7dab598e1b74742f2a5d617ae5a6a497a9355c4b0513b6f915c70a7d8f07',
    );
  });

  it('CHAP of sandi1, id 1', () => {
    expect(chapPassword(1, 'sandi1', A_AUTHENTICATOR).toString('hex')).toBe(
      '01f78eb064b8a07bee44e726e34e742e18',
    );
  });
});

describe('decodePacket', () => {
  it.each([
    ['nothing', ''],
    ['a short header', '0107003f0001'],
    ['a length beyond the datagram', `01070040${A_REQUEST.slice(8)}`],
    ['a length below the header', `01070013${A_REQUEST.slice(8)}`],
    ['an attribute of length 1', '01070016000102030405060708090a0b0c0d0e0f0101'],
    ['an attribute over the end', '01070016000102030405060708090a0b0c0d0e0f0103'],
    ['half an attribute', '01070015000102030405060708090a0b0c0d0e0f01'],
  ])('drops %s', (_name, text) => {
    expect(decodePacket(hex(text))).toBeNull();
  });

  it('ignores octets behind the packet', () => {
    expect(decodePacket(hex(`${A_REQUEST}ffff`))?.bytes.toString('hex')).toBe(A_REQUEST);
  });

  it('never throws, whatever comes', () => {
    const mutated = fc
      .tuple(fc.constantFrom(A_ACCEPT, DISCONNECT), fc.nat(), fc.nat(255))
      .map(([text, at, value]) => {
        const bytes = hex(text);
        bytes[at % bytes.length] = value;
        return bytes;
      });
    const random = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mutated, random), (bytes) => {
        const packet = decodePacket(bytes);
        if (packet === null) return;
        expect(packet.bytes.length).toBeLessThanOrEqual(bytes.length);
        readGrant(packet.attributes);
        vendorAttributes(packet.attributes, MIKROTIK);
        checkMessageAuthenticator(packet, SECRET);
        verifyRequest(packet, SECRET);
      }),
      campaign(20_000),
    );
  });

  it('finds every altered bit of a signed reply', () => {
    const original = hex(A_ACCEPT);
    for (let bit = 4 * 8; bit < original.length * 8; bit += 1) {
      const bytes = Buffer.from(original);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const packet = decodePacket(bytes);
      expect(packet !== null && verifyResponse(packet, A_AUTHENTICATOR, SECRET)).toBe(false);
    }
  });

  it('reads back what was encoded', () => {
    const attribute = fc
      .tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 40 }))
      .map(([type, value]): Attribute => ({ type, value: Buffer.from(value) }));
    fc.assert(
      fc.property(fc.nat(255), fc.array(attribute, { maxLength: 20 }), (id, attributes) => {
        const packet = decodePacket(encodePacket(1, id, A_AUTHENTICATOR, attributes));

        expect(packet?.attributes).toEqual(attributes);
        expect(packet?.id).toBe(id);
      }),
    );
  });
});

describe('readGrant', () => {
  const octets = (type: number, value: number) =>
    vendorAttribute(MIKROTIK, integerAttribute(type, value));

  it('puts gigawords above the octets', () => {
    const grant = readGrant([
      octets(MIKROTIK_ATTR.totalLimit, 5),
      octets(MIKROTIK_ATTR.totalLimitGigawords, 2),
      octets(MIKROTIK_ATTR.recvLimit, 9),
    ]);

    expect(grant).toMatchObject({ totalLimit: 2 ** 33 + 5, inputLimit: 9, outputLimit: null });
  });

  it('keeps a limit of zero octets, unlike a timeout of zero', () => {
    const grant = readGrant([
      octets(MIKROTIK_ATTR.totalLimit, 0),
      integerAttribute(ATTR.sessionTimeout, 0),
    ]);

    expect(grant).toMatchObject({ totalLimit: 0, sessionTimeoutMs: null });
  });

  it('keeps every Class in order', () => {
    const classes = ['satu', 'dua'].map((text) => textAttribute(ATTR.class, text));

    expect(readGrant(classes).classes.map(String)).toEqual(['satu', 'dua']);
    expect(integerOf(classes, ATTR.class)).toBe(0x73617475);
  });
});
