import { describe, expect, it } from 'vitest';
import { md5 } from '../lib/md5.ts';
import {
  authenticatorOf,
  decodePacket,
  encodePacket,
  numberOf,
  octetsOf,
  type Packet,
  textOf,
} from './codec.ts';
import { RadiusError } from './errors.ts';
import { hidePassword, revealPassword } from './pap.ts';
import { radiusSecret } from './secret.ts';
import {
  accessRequestHolds,
  requestHolds,
  responseHolds,
  signAccessRequest,
  signRequest,
  signResponse,
} from './sign.ts';

const RFC = radiusSecret('xyzzy5461');
const OWN = radiusSecret('testing123');
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const decode = (hex: string) => decodePacket(bytes(hex));

const PAP_REQUEST =
  '010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003';
const PAP_ACCEPT = '0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103';
const CHAP_REQUEST =
  '010100472aee86f08d0d55969ca5978e0d3367a20108666c6f707379031316e97557c316185895f293ff63440772750406c0a80110050600000014060600000002070600000001';
const CHAP_ACCEPT =
  '0201003815efbc7dab26cfa3dc34d9c03c8601a40606000000020706000000010806fffffffe0a06000000020d06000000010c06000005dc';
const A_REQUEST =
  '0107003f000102030405060708090a0b0c0d0e0f50120fedf2f1b36c861809cd71a1aa37becd010764657361310212e58f67ae1dcc7a1a104607240014828b';
const A_ACCEPT =
  '02070039943f719c89572222b03065b07399827a50120a9000896ce90bfcb2cc2924db99d5ed1b0600000e101a0d00003a8c0807324d2f354d';
const A_REJECT =
  '030700331715122a678d560f525dee995b2a6e0950129381a3abf6aa88a7ded23932c1a533d6120d6b756f7461206861626973';
const START =
  '0408002b7b5858f9fb094649f865e8ea1e54c58d2806000000012c0a383030303030303101076465736131';
const START_REPLY = '05080014d347b8bb61e825d5d110b97458dc2df5';
const DISCONNECT =
  '2809003776648b193b70539287b57a42ef47dfe75012708f27fb30ce3b7e856338b45f2415d7010764657361312c0a3830303030303031';
const DISCONNECT_NAK = '2a09001a58009370e753b1a83325b590b8dc93b76506000001f7';

describe('vectors of the RFCs', () => {
  it('RFC 2865 §7.1: PAP request and accept', () => {
    const request = decode(PAP_REQUEST);
    const password = octetsOf(request, 'User-Password')!;

    expect(textOf(request, 'User-Name')).toBe('nemo');
    expect(revealPassword(password, authenticatorOf(request), RFC).toString()).toBe('arctangent');
    expect(responseHolds(decode(PAP_ACCEPT), authenticatorOf(request), RFC)).toBe(true);
  });

  it('RFC 2865 §7.2: CHAP request and accept', () => {
    const request = decode(CHAP_REQUEST);
    const chap = octetsOf(request, 'CHAP-Password')!;
    const expected = md5(chap.subarray(0, 1), Buffer.from('arctangent'), authenticatorOf(request));

    expect(chap.subarray(1)).toEqual(Buffer.from(expected));
    expect(responseHolds(decode(CHAP_ACCEPT), authenticatorOf(request), RFC)).toBe(true);
  });

  it.each([
    [
      'authentication',
      '0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3',
      '02da0014ef0d552a4bf2d693ec2b6fe8b5411d66',
    ],
    [
      'accounting',
      '0cb30026925f6b66dd5fed571fcb1db7ad3882605012e8d6eabda910875cd91fdade26367858',
      '05b300140f6f92145f107e2f504e860a4860669c',
    ],
  ])('RFC 5997 §6: Status-Server on the %s port', (_port, request, response) => {
    expect(accessRequestHolds(decode(request), RFC)).toBe(true);
    expect(responseHolds(decode(response), authenticatorOf(decode(request)), RFC)).toBe(true);
  });
});

describe('signing gives the exact octets of our vectors', () => {
  it('Access-Request', () => {
    const authenticator = bytes('000102030405060708090a0b0c0d0e0f');
    const packet = encodePacket({
      code: 1,
      identifier: 7,
      messageAuthenticator: true,
      attributes: [
        ['User-Name', 'desa1'],
        ['User-Password', hidePassword(Buffer.from('sandi1'), authenticator, OWN)],
      ],
    });

    expect(signAccessRequest(packet, authenticator, OWN).toString('hex')).toBe(A_REQUEST);
  });

  it('Access-Accept and Access-Reject', () => {
    const authenticator = authenticatorOf(decode(A_REQUEST));
    const accept = encodePacket({
      code: 2,
      identifier: 7,
      messageAuthenticator: true,
      attributes: [
        ['Session-Timeout', 3600],
        ['Mikrotik-Rate-Limit', '2M/5M'],
      ],
    });
    const reject = encodePacket({
      code: 3,
      identifier: 7,
      messageAuthenticator: true,
      attributes: [['Reply-Message', 'kuota habis']],
    });

    expect(signResponse(accept, authenticator, OWN).toString('hex')).toBe(A_ACCEPT);
    expect(signResponse(reject, authenticator, OWN).toString('hex')).toBe(A_REJECT);
  });

  it('Accounting-Request and its response', () => {
    const start = encodePacket({
      code: 4,
      identifier: 8,
      messageAuthenticator: false,
      attributes: [
        ['Acct-Status-Type', 1],
        ['Acct-Session-Id', '80000001'],
        ['User-Name', 'desa1'],
      ],
    });
    const response = encodePacket({
      code: 5,
      identifier: 8,
      messageAuthenticator: false,
      attributes: [],
    });

    expect(signRequest(start, OWN).toString('hex')).toBe(START);
    expect(signResponse(response, authenticatorOf(decode(START)), OWN).toString('hex')).toBe(
      START_REPLY,
    );
  });

  it('Disconnect-Request: the Message-Authenticator first, then the authenticator over it', () => {
    const packet = encodePacket({
      code: 40,
      identifier: 9,
      messageAuthenticator: true,
      attributes: [
        ['User-Name', 'desa1'],
        ['Acct-Session-Id', '80000001'],
      ],
    });

    expect(signRequest(packet, OWN).toString('hex')).toBe(DISCONNECT);
  });

  it('reads the Disconnect-NAK that answers it', () => {
    const nak = decode(DISCONNECT_NAK);

    expect(responseHolds(nak, authenticatorOf(decode(DISCONNECT)), OWN)).toBe(true);
    expect(numberOf(nak, 'Error-Cause')).toBe(503);
  });
});

describe('a single flipped bit anywhere in an authenticator is refused', () => {
  const authenticatorA = authenticatorOf(decode(A_REQUEST));
  const bits = (from: number): number[] => Array.from({ length: 128 }, (_, i) => from * 8 + i);
  const flipped = (hex: string, bit: number) => {
    const copy = bytes(hex);
    copy[bit >> 3]! ^= 1 << (bit & 7);
    return decodePacket(copy);
  };

  /** What the fixed vectors above do not have, signed here. */
  const signed = (code: number, over: Uint8Array | null, messageAuthenticator: boolean): string => {
    const attributes = [['Acct-Session-Id', '80000001']] as const;
    const packet = encodePacket({ code, identifier: 9, messageAuthenticator, attributes });
    return (over === null ? signRequest(packet, OWN) : signResponse(packet, over, OWN)).toString(
      'hex',
    );
  };
  const statusServer = signAccessRequest(
    encodePacket({ code: 12, identifier: 3, messageAuthenticator: true, attributes: [] }),
    authenticatorA,
    OWN,
  ).toString('hex');
  const isRequest = (p: Packet): boolean => requestHolds(p, OWN);
  const isAccess = (p: Packet): boolean => accessRequestHolds(p, OWN);
  const isReply =
    (request: string) =>
    (p: Packet): boolean =>
      responseHolds(p, authenticatorOf(decode(request)), OWN);
  const replyTo = (request: string, code: number, messageAuthenticator: boolean): string =>
    signed(code, authenticatorOf(decode(request)), messageAuthenticator);

  const COA = signed(43, null, true);
  const ACCOUNTING = signed(4, null, true);
  const cases: [string, string, (p: Packet) => boolean][] = [
    ['Access-Request', A_REQUEST, isAccess],
    ['Access-Accept', A_ACCEPT, isReply(A_REQUEST)],
    ['Access-Reject', A_REJECT, isReply(A_REQUEST)],
    ['Access-Challenge', replyTo(A_REQUEST, 11, true), isReply(A_REQUEST)],
    [
      'Access-Accept without Message-Authenticator',
      PAP_ACCEPT,
      (p) => responseHolds(p, authenticatorOf(decode(PAP_REQUEST)), RFC),
    ],
    ['Accounting-Request', START, isRequest],
    ['Accounting-Request with Message-Authenticator', ACCOUNTING, isRequest],
    ['Accounting-Response', START_REPLY, isReply(START)],
    ['Accounting-Response with Message-Authenticator', replyTo(START, 5, true), isReply(START)],
    ['Disconnect-Request', DISCONNECT, isRequest],
    ['Disconnect-ACK', replyTo(DISCONNECT, 41, true), isReply(DISCONNECT)],
    ['Disconnect-NAK', DISCONNECT_NAK, isReply(DISCONNECT)],
    ['CoA-Request', COA, isRequest],
    ['CoA-Request without Message-Authenticator', signed(43, null, false), isRequest],
    ['CoA-ACK', replyTo(COA, 44, true), isReply(COA)],
    ['CoA-NAK', replyTo(COA, 45, false), isReply(COA)],
    ['Status-Server', statusServer, isAccess],
    ['reply to Status-Server', replyTo(statusServer, 2, true), isReply(statusServer)],
  ];

  it.each(cases)('%s', (_name, hex, holds) => {
    const { messageAuthenticatorAt } = decode(hex);
    const signatures = messageAuthenticatorAt === -1 ? [4] : [4, messageAuthenticatorAt];
    const accepted = signatures.flatMap(bits).filter((bit) => holds(flipped(hex, bit)));

    expect(holds(decode(hex))).toBe(true);
    expect(accepted).toEqual([]);
  });

  it.each(cases)('%s: nor is one flipped anywhere else', (_name, hex, holds) => {
    const whole = Array.from({ length: bytes(hex).length * 8 }, (_, bit) => bit);
    const accepted = whole.filter((bit) => {
      try {
        return holds(flipped(hex, bit));
      } catch (error) {
        if (error instanceof RadiusError) return false;
        throw error;
      }
    });

    expect(accepted).toEqual([]);
  });

  it('a right authenticator does not excuse a wrong Message-Authenticator', () => {
    const packet = bytes(DISCONNECT);
    packet[30]! ^= 1;
    packet.fill(0, 4, 20);
    packet.set(md5(packet, OWN.bytes), 4);

    expect(requestHolds(decodePacket(packet), OWN)).toBe(false);
  });

  it('another secret is refused', () => {
    expect(accessRequestHolds(decode(A_REQUEST), RFC)).toBe(false);
    expect(requestHolds(decode(START), RFC)).toBe(false);
  });
});
