/** EAP through our server: refused, or led by a real FreeRADIUS behind it. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Code } from '../../../radius/attributes.ts';
import {
  type AttributeValue,
  authenticatorOf,
  decodePacket,
  encodePacket,
  findAll,
  findAttribute,
  octetsOf,
  type Packet,
  textOf,
} from '../../../radius/codec.ts';
import { accessRequest, decodeReply, NAS_SECRET } from '../../../radius/radius.fixture.ts';
import { hideSalted, revealSalted } from '../../../radius/salted.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { accessRequestHolds, responseHolds, signResponse } from '../../../radius/sign.ts';
import { bind, closeSocket } from '../../../radius/sockets.ts';
import { freeUdpPort, radiusdConf, startFreeRadius } from '../../fixtures/freeradius.ts';
import { installed } from '../../fixtures/installed.ts';
import { counted, HOST, radiusStand, type Stand } from '../../fixtures/radius-stand.ts';

const run = promisify(execFile);
const hasFreeRadius = await installed('freeradius', 'freeradius', ['-v']);
const hasClient = await installed('radeapclient', 'radeapclient', ['-v']);

const EAP_SECRET = 'rahasia-server-eap-jauh';
const IDENTITY = Uint8Array.of(2, 42, 0, 9, 1, ...Buffer.from('budi'));
const DROPPED = 'smartwifi_radius_dropped_total';

let stand: Stand;

beforeAll(async () => {
  stand = await radiusStand();
});

afterAll(() => stand[Symbol.asyncDispose]());

function eapRequest(more: readonly AttributeValue[] = []): { bytes: Buffer; sent: Packet } {
  const { bytes } = accessRequest({
    username: 'budi',
    password: 'never-forwarded',
    identifier: 77,
    more: [['EAP-Message', IDENTITY], ...more],
  });
  return { bytes, sent: decodePacket(bytes) };
}

describe('without a server for EAP', () => {
  it('the conversation ends with EAP-Failure under its own identifier, signed', async () => {
    const { authPort } = await stand.serve();
    const nas = await stand.nas();
    const { bytes, sent } = eapRequest([['Proxy-State', 'p']]);

    const reply = decodeReply(await nas.ask(bytes, authPort));

    expect(reply.code).toBe(Code.accessReject);
    expect([...octetsOf(reply, 'EAP-Message')!]).toEqual([4, 42, 0, 4]);
    expect(reply.messageAuthenticatorAt).toBe(22);
    expect(responseHolds(reply, authenticatorOf(sent), radiusSecret(NAS_SECRET))).toBe(true);
    expect(findAttribute(reply, 'Reply-Message')).toBeUndefined();
    expect(textOf(reply, 'Class')).toBeUndefined();
    expect(findAll(reply, 'Proxy-State')).toHaveLength(1);
  });

  it('an EAP-Message of three octets gets no reply', async () => {
    const server = await stand.serve();
    const nas = await stand.nas();
    const short = [['EAP-Message', Uint8Array.of(2, 42, 0)]] as const;
    const { bytes } = accessRequest({ username: 'budi', password: '', more: short });
    const good = eapRequest().bytes;

    nas.socket.send(bytes, server.authPort, HOST);
    const reply = decodeReply(await nas.ask(good, server.authPort));

    expect(reply.identifier).toBe(77);
    expect(await counted(server.metrics, DROPPED, { reason: 'malformed' })).toBe(1);
  });
});

describe('a server that EAP is forwarded to', () => {
  /** Answers each request as told, and keeps what it was asked. */
  async function home(answer: (request: Packet) => Buffer | null) {
    const socket = await bind(HOST, 0);
    const asked: Packet[] = [];
    socket.on('message', (datagram, from) => {
      const request = decodePacket(datagram);
      asked.push(request);
      const reply = answer(request);
      if (reply !== null) socket.send(reply, from.port, from.address);
    });
    return {
      asked,
      eap: { server: { host: HOST, port: socket.address().port }, secret: EAP_SECRET },
      [Symbol.asyncDispose]: () => closeSocket(socket),
    };
  }

  const secret = radiusSecret(EAP_SECRET);
  const replyTo = (
    request: Packet,
    code: number,
    attributes: readonly AttributeValue[],
    messageAuthenticator = true,
  ): Buffer => {
    const { identifier } = request;
    const echo = { from: request, name: 'Proxy-State' } as const;
    return signResponse(
      encodePacket({ code, identifier, messageAuthenticator, attributes, echo }),
      authenticatorOf(request),
      secret,
    );
  };

  it('is asked as by a new client, without the password', async () => {
    await using far = await home((request) =>
      replyTo(request, Code.accessChallenge, [
        ['EAP-Message', Uint8Array.of(1, 43, 0, 6, 4, 0)],
        ['State', 'langkah-1'],
      ]),
    );
    const { authPort } = await stand.serve({ eap: far.eap });
    const nas = await stand.nas();
    const { bytes, sent } = eapRequest([
      ['State', 'langkah-0'],
      ['Proxy-State', 'p1'],
      ['Proxy-State', 'p2'],
    ]);

    const reply = decodeReply(await nas.ask(bytes, authPort));

    const [request] = far.asked;
    expect(accessRequestHolds(request!, secret)).toBe(true);
    expect(authenticatorOf(request!)).not.toEqual(authenticatorOf(sent));
    expect(findAttribute(request!, 'User-Password')).toBeUndefined();
    expect(textOf(request!, 'User-Name')).toBe('budi');
    expect(octetsOf(request!, 'State')).toEqual(Buffer.from('langkah-0'));
    expect(octetsOf(request!, 'EAP-Message')).toEqual(Buffer.from(IDENTITY));
    expect(findAll(request!, 'Proxy-State')).toHaveLength(1);

    expect(reply).toMatchObject({ code: Code.accessChallenge, identifier: 77 });
    expect(reply.messageAuthenticatorAt).toBe(22);
    expect(responseHolds(reply, authenticatorOf(sent), radiusSecret(NAS_SECRET))).toBe(true);
    expect(octetsOf(reply, 'State')).toEqual(Buffer.from('langkah-1'));
    const states = findAll(reply, 'Proxy-State');
    expect(states.map(({ from, to }) => reply.bytes.toString('utf8', from, to))).toEqual([
      'p1',
      'p2',
    ]);
  });

  it('gives keys that the NAS can read with its own secret', async () => {
    const keys = { send: randomBytes(32), receive: randomBytes(32), tunnel: randomBytes(20) };
    await using far = await home((request) => {
      const hide = (value: Buffer, salt: number): Buffer =>
        hideSalted(value, salt, authenticatorOf(request), secret);
      return replyTo(request, Code.accessAccept, [
        ['EAP-Message', Uint8Array.of(3, 43, 0, 4)],
        ['MS-MPPE-Send-Key', hide(keys.send, 1)],
        ['MS-MPPE-Recv-Key', hide(keys.receive, 2)],
        ['Tunnel-Password', Buffer.concat([Uint8Array.of(1), hide(keys.tunnel, 3)])],
        ['MS-CHAP-MPPE-Keys', randomBytes(32)],
        ['Session-Timeout', 600],
      ]);
    });
    const { authPort } = await stand.serve({ eap: far.eap });
    const nas = await stand.nas();
    const { bytes, sent } = eapRequest();

    const reply = decodeReply(await nas.ask(bytes, authPort));

    const reveal = (hidden: Uint8Array): Buffer =>
      revealSalted(hidden, authenticatorOf(sent), radiusSecret(NAS_SECRET));
    expect(reveal(octetsOf(reply, 'MS-MPPE-Send-Key')!)).toEqual(keys.send);
    expect(reveal(octetsOf(reply, 'MS-MPPE-Recv-Key')!)).toEqual(keys.receive);
    expect(octetsOf(reply, 'Tunnel-Password')![0]).toBe(1);
    expect(reveal(octetsOf(reply, 'Tunnel-Password')!.subarray(1))).toEqual(keys.tunnel);
    expect(findAttribute(reply, 'MS-CHAP-MPPE-Keys')).toBeUndefined();
    expect(findAttribute(reply, 'Session-Timeout')).toBeDefined();
  });

  it.each([
    ['silent', () => null],
    [
      'not signing',
      (request: Packet) => replyTo(request, Code.accessAccept, [['Class', 'x']], false),
    ],
    ['of another code', (request: Packet) => replyTo(request, Code.accountingResponse, [])],
  ] as const)('that is %s leaves the NAS without an answer', async (_name, answer) => {
    await using far = await home(answer);
    const server = await stand.serve({ eap: { ...far.eap, timeoutMs: 20, tries: 2 } });
    const nas = await stand.nas();
    const login = accessRequest({ username: 'x-y', password: 'x-y', identifier: 5 }).bytes;
    nas.socket.send(eapRequest().bytes, server.authPort, HOST);
    const unanswered = (): Promise<number> =>
      counted(server.metrics, DROPPED, { reason: 'eap_unanswered' });

    await expect.poll(unanswered).toBe(1);
    const reply = decodeReply(await nas.ask(login, server.authPort));

    expect(reply.identifier).toBe(5);
    expect(far.asked).toHaveLength(2);
    expect(far.asked[1]!.bytes).toEqual(far.asked[0]!.bytes);
  });
});

describe.skipIf(!(hasFreeRadius && hasClient))('FreeRADIUS behind us', () => {
  const conf = (directory: string, port: number): string =>
    radiusdConf(
      directory,
      `
client smartwifi {
  ipaddr = 127.0.0.1
  secret = ${EAP_SECRET}
  require_message_authenticator = yes
}
modules {
  eap {
    default_eap_type = md5
    md5 {
    }
  }
  files {
    filename = ${directory}/users
  }
}
server eap {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    eap {
      ok = return
    }
    files
  }
  authenticate {
    eap
  }
}
`,
    );

  it('lets a phone in with EAP-MD5, and refuses a wrong password', async () => {
    const port = await freeUdpPort();
    const directory = join(stand.folder, 'freeradius-eap');
    await using _ = await startFreeRadius(directory, {
      'radiusd.conf': conf(directory, port),
      users: 'budi Cleartext-Password := "sandi-budi"\n     Session-Timeout = 900\n',
    });
    const eap = { server: { host: HOST, port }, secret: EAP_SECRET };
    const { authPort } = await stand.serve({ eap });
    const ask = async (password: string): Promise<string> => {
      const file = join(stand.folder, `eap-${password}.txt`);
      const lines = [
        'User-Name = "budi"',
        `Cleartext-Password = "${password}"`,
        'EAP-Code = Response',
        'EAP-Type-Identity = "budi"',
        'EAP-Id = 210',
        'Message-Authenticator = 0x00',
      ];
      await writeFile(file, `${lines.join('\n')}\n`);
      const args = [
        '-x',
        '-r',
        '2',
        '-t',
        '5',
        '-f',
        file,
        `${HOST}:${authPort}`,
        'auth',
        NAS_SECRET,
      ];
      const done = await run('radeapclient', args).catch((error: { stdout: string }) => error);
      return done.stdout;
    };

    const [right, wrong] = [await ask('sandi-budi'), await ask('salah')];

    expect(right).toMatch(
      /Received Access-Challenge[\s\S]*Received Access-Accept[\s\S]*Session-Timeout = 900/,
    );
    expect(wrong).toMatch(/Access-Challenge[\s\S]*Access-Reject/);
    expect(wrong).not.toContain('Received Access-Accept');
  });
});
