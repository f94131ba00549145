/** A shared secret, ready for use: its HMAC pads are computed once and not per packet. */
import { type HmacMd5Key, hmacMd5Key } from '../lib/md5.ts';
import { boundedMap } from './bounded-map.ts';

export interface RadiusSecret {
  readonly bytes: Uint8Array;
  readonly hmac: HmacMd5Key;
}

/** Characters below which a secret can be searched for from one captured packet. */
export const SHORT_SECRET = 16;
/** Secrets kept at once; a fleet of more routers than this pays two extra MD5 blocks now and then. */
const CACHED_SECRETS = 8192;

export function radiusSecret(secret: string): RadiusSecret {
  const bytes = Buffer.from(secret, 'utf8');
  return { bytes, hmac: hmacMd5Key(bytes) };
}

/** {@link radiusSecret} that remembers. */
export function secretCache(): (secret: string) => RadiusSecret {
  const known = boundedMap<RadiusSecret>(CACHED_SECRETS);
  return (secret) => {
    let ready = known.get(secret);
    if (ready === undefined) {
      ready = radiusSecret(secret);
      known.set(secret, ready);
    }
    return ready;
  };
}
