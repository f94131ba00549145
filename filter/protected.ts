/**
 * Names that no list and no policy can block, and names that always get the same answer.
 *
 * Protected: what a phone needs to see the portal, to trust a certificate and to know the time, and what
 * citizens need from the state and from their bank. An entry of a list that hits one is reported by the
 * compiler and not applied. A leading `*.` means the name and all below it.
 */
import { isIP } from 'node:net';

const CAPTIVE_PROBES = `
  captive.apple.com captive.g.aaplimg.com gsp1.apple.com
  connectivitycheck.gstatic.com connectivitycheck.android.com clients1.google.com clients3.google.com
  www.msftconnecttest.com ipv6.msftconnecttest.com dns.msftncsi.com www.msftncsi.com
  detectportal.firefox.com connectivity-check.ubuntu.com nmcheck.gnome.org network-test.debian.org
  connect.rom.miui.com connectivitycheck.platform.hicloud.com wifi.vivo.com.cn
`;

const CERTIFICATES = `
  *.lencr.org *.pki.goog *.digicert.com ocsp.apple.com ocsp2.apple.com crl.apple.com valid.apple.com
  ocsp.sectigo.com crl.sectigo.com ocsp.usertrust.com crl.usertrust.com ocsp.comodoca.com
  crl.comodoca.com *.globalsign.com ocsp.godaddy.com crl.godaddy.com ocsp.entrust.net crl.entrust.net
  oneocsp.microsoft.com crl.microsoft.com mscrl.microsoft.com
`;

const TIME = `
  *.ntp.org time.google.com time.android.com time.apple.com time.windows.com time.cloudflare.com
`;

const STATE_AND_BANKS = `
  *.go.id *.desa.id *.bri.co.id *.bni.co.id *.bankmandiri.co.id *.btn.co.id *.bca.co.id
  *.klikbca.com *.bankbsi.co.id *.banksumselbabel.com
`;

export interface NamePattern {
  readonly name: string;
  readonly match: 'exact' | 'suffix';
}

export const PROTECTED: readonly NamePattern[] = [
  CAPTIVE_PROBES,
  CERTIFICATES,
  TIME,
  STATE_AND_BANKS,
].flatMap((group) => group.split(/\s+/).flatMap((text) => (text === '' ? [] : [pattern(text)])));

/** The portal's own hosts are as protected as the probes that lead to it. */
export function protectedNames(portalHosts: readonly string[]): readonly NamePattern[] {
  return [...PROTECTED, ...portalNames(portalHosts).map(pattern)];
}

/** Those of the portal's hosts that are names: on a bench it is reached by address, which nobody looks up. */
export function portalNames(portalHosts: readonly string[]): readonly string[] {
  return portalHosts.filter((host) => isIP(host) === 0 && host !== 'localhost');
}

/** How a canary is answered: that the name does not exist, or that it has no records of that type. */
export type CanaryAnswer = 'nxdomain' | 'nodata';

/**
 * Questions by which software asks whether this network filters. A true answer makes it use this
 * resolver: Firefox's default DoH, Apple's Private Relay (never a time-out or 0.0.0.0), and Discovery of
 * Designated Resolvers (RFC 9462 §4).
 */
export const CANARIES: readonly { readonly name: string; readonly answer: CanaryAnswer }[] = [
  { name: 'use-application-dns.net', answer: 'nxdomain' },
  { name: 'mask.icloud.com', answer: 'nxdomain' },
  { name: 'mask-h2.icloud.com', answer: 'nxdomain' },
  { name: 'mask-api.icloud.com', answer: 'nxdomain' },
  { name: 'mask.apple-dns.net', answer: 'nxdomain' },
  { name: '_dns.resolver.arpa', answer: 'nodata' },
];

function pattern(text: string): NamePattern {
  return text.startsWith('*.')
    ? { name: text.slice(2), match: 'suffix' }
    : { name: text, match: 'exact' };
}
