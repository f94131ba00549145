/**
 * How phones find out whether the network is open: each asks a host of its maker over plain HTTP
 * and knows the one answer that means "internet" (measured and documented per maker).
 */
import type { HttpResponse } from './http.ts';

export const PHONE_KINDS = [
  'android',
  'samsung',
  'xiaomi',
  'huawei',
  'ios',
  'windows',
  'firefox',
  'networkmanager',
] as const;
export type PhoneKind = (typeof PHONE_KINDS)[number];

export interface Probe {
  readonly url: string;
  readonly userAgent: string;
  /** The answer that means the internet is reachable. */
  readonly open: (response: HttpResponse) => boolean;
}

export const PROBES: Readonly<Record<PhoneKind, Probe>> = {
  android: {
    url: 'http://connectivitycheck.gstatic.com/generate_204',
    userAgent: 'Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 Mobile',
    open: (response) => response.status === 204,
  },
  // Samsung asks Google's host first (the other is a host of its own behind CloudFront).
  samsung: {
    url: 'http://connectivitycheck.gstatic.com/generate_204',
    userAgent: 'Mozilla/5.0 (Linux; Android 15; SM-A065F) AppleWebKit/537.36 Mobile',
    open: (response) => response.status === 204,
  },
  xiaomi: {
    url: 'http://connect.rom.miui.com/generate_204',
    userAgent: 'Mozilla/5.0 (Linux; Android 13; 23053RN02A) AppleWebKit/537.36 Mobile',
    open: (response) => response.status === 204,
  },
  huawei: {
    url: 'http://connectivitycheck.platform.hicloud.com/generate_204',
    userAgent: 'Mozilla/5.0 (Linux; Android 10; STK-L22) AppleWebKit/537.36 Mobile',
    open: (response) => response.status === 204,
  },
  ios: {
    url: 'http://captive.apple.com/hotspot-detect.html',
    userAgent: 'CaptiveNetworkSupport-481.0.1 wispr',
    open: (response) =>
      response.status === 200 && /<body[^>]*>\s*Success\s*<\/body>/i.test(text(response)),
  },
  windows: {
    url: 'http://www.msftconnecttest.com/connecttest.txt',
    userAgent: 'Microsoft NCSI',
    open: (response) => response.status === 200 && text(response) === 'Microsoft Connect Test',
  },
  firefox: {
    url: 'http://detectportal.firefox.com/success.txt',
    userAgent: 'Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0',
    open: (response) => response.status === 200 && text(response).trim() === 'success',
  },
  networkmanager: {
    url: 'http://network-test.debian.org/nm',
    userAgent: 'NetworkManager/1.42.4',
    open: (response) =>
      response.status === 200 && text(response).startsWith('NetworkManager is online'),
  },
};

export type ProbeResult = 'internet' | 'portal' | 'none';

/** What the phone concludes. No answer is "no internet", and then it shows no sign-in page. */
export function judgeProbe(kind: PhoneKind, response: HttpResponse | null): ProbeResult {
  if (response === null) return 'none';
  if (PROBES[kind].open(response)) return 'internet';
  return response.status < 400 || response.status === 511 ? 'portal' : 'none';
}

function text(response: HttpResponse): string {
  return response.body.toString('utf8');
}
