/**
 * The portal's certificate from two files, renewed in place: whoever writes new files (an ACME
 * client, an operator) need tell nobody. A pair that cannot be used is refused and the one before stays.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errorMessage, SmartWifiError } from '../lib/errors.ts';
import type { TlsFiles } from './types.ts';

export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
  readonly expiresAt: number;
}

/** `unchanged` also when only the files' times changed. */
export type RenewalOutcome = 'unchanged' | 'renewed' | 'refused';

/** `PORTAL_CERTIFICATE` when a file cannot be read, is not PEM, or the two do not belong together. */
export async function readCertificate(files: TlsFiles): Promise<CertificatePair> {
  try {
    const [cert, key] = await Promise.all([
      readFile(files.certFile, 'utf8'),
      readFile(files.keyFile, 'utf8'),
    ]);
    const leaf = new X509Certificate(cert);
    if (!leaf.checkPrivateKey(createPrivateKey(key))) {
      throw new TypeError('the key does not belong to the certificate');
    }
    // Throws for what OpenSSL would refuse at the handshake (weak keys, a broken chain file).
    createSecureContext({ cert, key });
    return { cert, key, expiresAt: leaf.validToDate.getTime() };
  } catch (cause) {
    throw new SmartWifiError(
      'PORTAL_CERTIFICATE',
      `${files.certFile}, ${files.keyFile}: ${errorMessage(cause)}`,
      { cause },
    );
  }
}

export interface RenewalDeps {
  readonly files: TlsFiles;
  /** Takes a new pair into use. */
  install(pair: CertificatePair): void;
  /** A changed pair that could not be used; told once for each change. */
  refuse(error: unknown): void;
}

/** Looks whether the files hold another pair than `current`, and takes it into use. */
export function createRenewal(
  deps: RenewalDeps,
  current: CertificatePair,
): () => Promise<RenewalOutcome> {
  let installed = current;
  let lastRefusal = '';
  return async () => {
    try {
      const pair = await readCertificate(deps.files);
      lastRefusal = '';
      if (pair.cert === installed.cert && pair.key === installed.key) return 'unchanged';
      deps.install(pair);
      installed = pair;
      return 'renewed';
    } catch (error) {
      if (errorMessage(error) !== lastRefusal) deps.refuse(error);
      lastRefusal = errorMessage(error);
      return 'refused';
    }
  };
}
