/** The certificate files of RADIUS over TLS, read again when they change. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errorMessage } from '../lib/errors.ts';
import { RadiusError } from './errors.ts';

export interface RadsecFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities whose routers may connect. */
  readonly caFile: string;
}

export interface RadsecKeys {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** `RADIUS_CERTIFICATE` when a file cannot be read, is not PEM, or key and certificate do not match. */
export async function readRadsecFiles(files: RadsecFiles): Promise<RadsecKeys> {
  const { certFile, keyFile, caFile } = files;
  try {
    const [cert, key, ca] = await Promise.all(
      [certFile, keyFile, caFile].map((file) => readFile(file, 'utf8')),
    );
    const keys = { cert: cert!, key: key!, ca: ca! };
    if (!new X509Certificate(keys.cert).checkPrivateKey(createPrivateKey(keys.key))) {
      throw new TypeError('the key does not belong to the certificate');
    }
    if (!new X509Certificate(keys.ca).ca) throw new TypeError('caFile holds no authority');
    createSecureContext(keys);
    return keys;
  } catch (cause) {
    const why = `${certFile}, ${keyFile}, ${caFile}: ${errorMessage(cause)}`;
    throw new RadiusError('RADIUS_CERTIFICATE', why, { cause });
  }
}

export function sameKeys(a: RadsecKeys, b: RadsecKeys): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}
