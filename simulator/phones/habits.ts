/**
 * What phones do with a captive portal, by maker: how its window comes, what becomes of it, what address the
 * phone shows. Sources: WBA's notes on captive network behaviour (2020), the makers' documentation.
 */
import type { PhoneKind } from './probes.ts';

export interface Habits {
  /** `mini`: a window of its own that forgets cookies; `browser`: the normal one. */
  readonly window: 'mini' | 'browser';
  /** Whether it comes by itself, or after a tap on a notice. */
  readonly opens: 'by itself' | 'after a tap';
  /** Whether the window closes itself once the probe finds the internet. */
  readonly closes: boolean;
  /** Turning to another application closes the window and, while not online, leaves the network. */
  readonly leavesOnSwitch: boolean;
  /** The address that networks see: one for each network, or a new one as days go by. */
  readonly address: 'per network' | 'rotating';
}

const ANDROID: Habits = {
  window: 'mini',
  opens: 'after a tap',
  closes: true,
  leavesOnSwitch: true,
  address: 'per network',
};

export const HABITS: Readonly<Record<PhoneKind, Habits>> = {
  android: ANDROID,
  samsung: { ...ANDROID, opens: 'by itself' },
  xiaomi: { ...ANDROID, opens: 'by itself' },
  huawei: ANDROID,
  ios: {
    window: 'mini',
    opens: 'by itself',
    closes: false,
    leavesOnSwitch: true,
    address: 'rotating',
  },
  windows: {
    window: 'browser',
    opens: 'by itself',
    closes: false,
    leavesOnSwitch: false,
    address: 'per network',
  },
  firefox: {
    window: 'browser',
    opens: 'after a tap',
    closes: false,
    leavesOnSwitch: false,
    address: 'per network',
  },
  networkmanager: {
    window: 'mini',
    opens: 'after a tap',
    closes: true,
    leavesOnSwitch: false,
    address: 'per network',
  },
};

/** An address that a phone made up (IEEE 802: locally administered, one phone), from four random octets. */
export function randomMac(random: () => number): string {
  const octet = (): number => Math.floor(random() * 256);
  const first = (octet() & 0xfc) | 0x02;
  return [first, octet(), octet(), octet(), octet(), octet()]
    .map((one) => one.toString(16).padStart(2, '0'))
    .join(':');
}
