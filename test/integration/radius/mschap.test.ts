/**
 * MS-CHAPv2 as FreeRADIUS does it: for the same login, its proof and its MPPE keys must be ours. The
 * peer that logs in is written here once more; oracles.test.ts judges the MD4 that it takes.
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Code } from '../../../radius/attributes.ts';
import {
  authenticatorOf,
  decodePacket,
  encodePacket,
  octetsOf,
  type Packet,
} from '../../../radius/codec.ts';
import { md4 } from '../../../radius/md4.ts';
import { readMsChap2, verifyMsChap2 } from '../../../radius/mschap.ts';
import { MAC, NAS_SECRET, seedVoucher } from '../../../radius/radius.fixture.ts';
import { revealSalted } from '../../../radius/salted.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { responseHolds, signAccessRequest } from '../../../radius/sign.ts';
import { campaign } from '../../fixtures/campaign.ts';
import {
  type FreeRadius,
  freeUdpPort,
  radiusdConf,
  startFreeRadius,
} from '../../fixtures/freeradius.ts';
import { installed } from '../../fixtures/installed.ts';
import { type NasSocket, radiusStand, type Stand } from '../../fixtures/radius-stand.ts';

const hasFreeRadius = await installed('freeradius', 'freeradius', ['-v']);
const SECRET = radiusSecret(NAS_SECRET);

let stand: Stand;
let nas: NasSocket;

beforeAll(async () => {
  stand = await radiusStand();
  nas = await stand.nas();
});

afterAll(() => stand[Symbol.asyncDispose]());

/** The response of a peer (RFC 2759 §8.1): three DES keys from the hash of its password. */
function ntResponse(challenge: Buffer, peer: Buffer, username: string, password: string): Buffer {
  const hash = createHash('sha1').update(peer).update(challenge).update(username).digest();
  const keys = Buffer.concat([md4(Buffer.from(password, 'utf16le')), Buffer.alloc(5)]);
  const thirds = [0, 7, 14].map((at) => {
    const bits = [...keys.subarray(at, at + 7)].map((octet) => octet.toString(2).padStart(8, '0'));
    const spread = bits
      .join('')
      .match(/.{7}/g)!
      .map((seven) => Number.parseInt(`${seven}0`, 2));
    const key = Buffer.from([...spread, ...spread, ...spread]);
    const cipher = createCipheriv('des-ede3-ecb', key, null).setAutoPadding(false);
    return cipher.update(hash.subarray(0, 8));
  });
  return Buffer.concat(thirds);
}

function login(username: string, password: string): { bytes: Buffer; request: Packet } {
  const challenge = randomBytes(16);
  const peer = randomBytes(16);
  const response = ntResponse(challenge, peer, username, password);
  const bytes = encodePacket({
    code: Code.accessRequest,
    identifier: 1,
    messageAuthenticator: true,
    attributes: [
      ['User-Name', username],
      ['Calling-Station-Id', MAC],
      ['MS-CHAP-Challenge', challenge],
      ['MS-CHAP2-Response', Buffer.concat([Buffer.from([9, 0]), peer, Buffer.alloc(8), response])],
    ],
  });
  signAccessRequest(bytes, randomBytes(16), SECRET);
  return { bytes, request: decodePacket(bytes) };
}

/** What an accept proves to the peer, and the keys that it gives the NAS. */
function granted(reply: Packet, request: Packet) {
  const key = (name: 'MS-MPPE-Send-Key' | 'MS-MPPE-Recv-Key') =>
    revealSalted(octetsOf(reply, name)!, authenticatorOf(request), SECRET).toString('hex');
  return {
    success: octetsOf(reply, 'MS-CHAP2-Success')?.toString('latin1'),
    sendKey: key('MS-MPPE-Send-Key'),
    recvKey: key('MS-MPPE-Recv-Key'),
  };
}

function ours(request: Packet, username: string, password: string) {
  const result = verifyMsChap2(readMsChap2(request)!, username, password)!;
  return {
    success: result.success.toString('latin1'),
    sendKey: result.sendKey.toString('hex'),
    recvKey: result.recvKey.toString('hex'),
  };
}

describe.skipIf(!hasFreeRadius)('FreeRADIUS and we', () => {
  let port: number;
  let freeRadius: FreeRadius;

  const configuration = (directory: string): string =>
    radiusdConf(
      directory,
      `
client nas {
  ipaddr = 127.0.0.1
  secret = ${NAS_SECRET}
}
modules {
  mschap {
  }
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    update control {
      &Cleartext-Password := "sandi é %{User-Name}"
    }
    mschap
  }
  authenticate {
    Auth-Type MS-CHAP {
      mschap
    }
  }
}
`,
    );

  beforeAll(async () => {
    port = await freeUdpPort();
    const directory = join(stand.folder, 'freeradius-mschap');
    freeRadius = await startFreeRadius(directory, { 'radiusd.conf': configuration(directory) });
  });

  afterAll(() => freeRadius[Symbol.asyncDispose]());

  it('give the same proof and the same keys', async () => {
    const name = fc.stringMatching(/^[a-z0-9.@-]{1,40}$/);
    await fc.assert(
      fc.asyncProperty(name, async (username) => {
        const password = `sandi é ${username}`;
        const { bytes, request } = login(username, password);

        const reply = decodePacket(await nas.ask(bytes, port));

        expect(reply.code).toBe(Code.accessAccept);
        expect(responseHolds(reply, authenticatorOf(request), SECRET)).toBe(true);
        expect(granted(reply, request)).toEqual(ours(request, username, password));
      }),
      campaign(400),
    );
  });

  it('refuse the same password', async () => {
    const { bytes, request } = login('siti', 'lain');

    const reply = decodePacket(await nas.ask(bytes, port));

    expect(reply.code).toBe(Code.accessReject);
    expect(verifyMsChap2(readMsChap2(request)!, 'siti', 'sandi é siti')).toBeNull();
  });
});

describe('our server', () => {
  it('lets a voucher in, and proves to its phone that it knows the code', async () => {
    const { authPort } = await stand.serve();
    const { code } = await seedVoucher(stand.store, 'G');
    const { bytes, request } = login(code, code);

    const reply = decodePacket(await nas.ask(bytes, authPort));

    expect(reply.code).toBe(Code.accessAccept);
    expect(granted(reply, request)).toEqual(ours(request, code, code));
  });

  it('tells a phone with a wrong code why it may not', async () => {
    const { authPort } = await stand.serve();
    const { code } = await seedVoucher(stand.store, 'G');
    const { bytes } = login(code, 'XXXX-XXXX');

    const reply = decodePacket(await nas.ask(bytes, authPort));

    expect(reply.code).toBe(Code.accessReject);
    expect(octetsOf(reply, 'MS-CHAP-Error')?.toString('latin1')).toMatch(/^\tE=691 R=0 C=/);
  });
});
