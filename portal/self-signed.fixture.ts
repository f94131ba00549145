/** For tests: self-signed certificates (X.509 v3 in DER, RFC 5280 §4.1), so that no key lies in the tree. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

export interface TlsFolder extends AsyncDisposable {
  readonly files: { readonly certFile: string; readonly keyFile: string };
  write(pair: SelfSigned): Promise<void>;
}

/** A certificate for `name` until `notAfter` (P-256, ECDSA with SHA-256). */
export function selfSigned(name: string, notAfter: Date): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex'));
  const commonName = der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from(name)));
  const subject = der(0x30, der(0x31, commonName));
  const validity = der(0x30, time(new Date(Date.UTC(2020, 0))), time(notAfter));
  const keyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const body = der(
    0x30,
    Buffer.from('a003020102', 'hex'),
    Buffer.from('020101', 'hex'),
    algorithm,
    subject,
    validity,
    subject,
    keyInfo,
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = certificate
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Files of a pair in a folder of their own, removed at the end. */
export async function tlsFolder(pair: SelfSigned): Promise<TlsFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'portal-tls-'));
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  const write = async (next: SelfSigned): Promise<void> => {
    await writeFile(files.certFile, next.cert);
    await writeFile(files.keyFile, next.key);
  };
  await write(pair);
  return {
    files,
    write,
    [Symbol.asyncDispose]: async () => rm(folder, { recursive: true }),
  };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

/** GeneralizedTime. */
function time(at: Date): Buffer {
  return der(0x18, Buffer.from(`${at.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`));
}
