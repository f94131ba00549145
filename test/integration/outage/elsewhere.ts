/**
 * Names that the router itself treats by their address (encrypted DNS, connectivity checks): on the stand all names of the
 * internet share one address, so that these must have another one where 443 is looked at.
 */
import { PLACE } from './server.ts';

const CHECK = `127.33.${PLACE}.3`;
const ASIDE = `127.33.${PLACE}.4`;
const ALSO_RESOLVED = [
  'dns.google',
  'cloudflare-dns.com',
  'mozilla.cloudflare-dns.com',
  'dns.quad9.net',
  'dns.adguard-dns.com',
  'doh.opendns.com',
  'dns.nextdns.io',
  'captive.apple.com',
  'www.msftconnecttest.com',
  'connect.rom.miui.com',
];

/** For {@link StandOptions.elsewhere}. */
export const ASIDE_NAMES: Readonly<Record<string, string>> = {
  'connectivitycheck.gstatic.com': CHECK,
  ...Object.fromEntries(ALSO_RESOLVED.map((name) => [name, ASIDE])),
};
