/**
 * Kinds of settings: from the text that an operator types to a value, or null when it is none.
 * Each says in words what it expects, for the message and for the manual.
 */
import { parseCidr, parseIpv4 } from '../lib/net.ts';

export interface ValueType<T> {
  /** `a number of kbps from 64 to 10000000`. */
  readonly expects: string;
  /** Null when the text is no such value; spaces around it were taken away. */
  readonly parse: (text: string) => T | null;
  /** What exactly is wrong with a text that is no such value. */
  readonly why?: (text: string) => string | null;
}

export type ValueOf<V> = V extends ValueType<infer T> ? T : never;

/** An interface address with its network. */
export interface InterfaceAddress {
  readonly address: string;
  readonly prefix: number;
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** What RouterOS takes in a value without any quoting, and no script can be made of. */
const PLAIN = /^[\p{L}\p{N}\p{P}\p{Zs}+=^~|<>]*$/u;
const UNSAFE = /["\\$`;{}[\]]/;
/** Names of interfaces as boards have them: `ether1`, `sfp1`, `lte1`, `wlan2`. */
const INTERFACE = /^[a-zA-Z][a-zA-Z0-9-]{0,30}$/;

export function whole(unit: string, min: number, max: number): ValueType<number> {
  return {
    expects: `a number of ${unit} from ${min} to ${max}`,
    parse: (text) => {
      if (!/^\d{1,15}$/.test(text)) return null;
      const value = Number(text);
      return value >= min && value <= max ? value : null;
    },
  };
}

export function word<const W extends string>(words: readonly W[]): ValueType<W> {
  return {
    expects: words.join(' or '),
    parse: (text) => words.find((one) => one === text) ?? null,
  };
}

/** A line of text that can stand in a RouterOS value as it is. */
export function line(maxLength: number): ValueType<string> {
  return {
    expects: `a line of at most ${maxLength} characters, without quotes, brackets, $, ; and \\`,
    parse: (text) =>
      text !== '' && text.length <= maxLength && PLAIN.test(text) && !UNSAFE.test(text)
        ? text
        : null,
  };
}

/** Anything printable: it goes to the router as one word of the API, never into a script. */
export function secretText(maxLength: number): ValueType<string> {
  return {
    expects: `1 to ${maxLength} printable characters`,
    parse: (text) =>
      text.length > 0 && text.length <= maxLength && !/\p{Cc}/u.test(text) ? text : null,
  };
}

export const interfaceName: ValueType<string> = {
  expects: 'the name of an interface, such as ether1',
  parse: (text) => (INTERFACE.test(text) && !text.startsWith('sw-') ? text : null),
};

export const ipv4: ValueType<string> = {
  expects: 'an IPv4 address',
  parse: (text) => (isHostAddress(text) ? text : null),
};

export const interfaceAddress: ValueType<InterfaceAddress> = {
  expects: 'an IPv4 address with its prefix, such as 203.0.113.6/30',
  parse: (text) => {
    const [address = '', prefix = '', ...rest] = text.split('/');
    const bits = Number(prefix);
    if (!isHostAddress(address) || !/^\d{1,2}$/.test(prefix) || rest.length > 0) return null;
    return bits >= 8 && bits <= 32 ? { address, prefix: bits } : null;
  },
};

export function listOf<T>(type: ValueType<T>, max: number, what: string): ValueType<readonly T[]> {
  return {
    expects: `1 to ${max} ${what}, separated by commas`,
    parse: (text) => {
      const values = text.split(',').map((item) => type.parse(item.trim()));
      const good = values.filter((value) => value !== null);
      return good.length === values.length && good.length <= max ? good : null;
    },
  };
}

/** A DNS name of at least two labels, lower case, without a final dot. */
export const domainName: ValueType<string> = {
  expects: 'a domain name',
  parse: (text) => {
    const name = text.toLowerCase().replace(/\.$/, '');
    const labels = name.split('.');
    const good = labels.length >= 2 && name.length <= 253 && labels.every((l) => LABEL.test(l));
    return good && parseIpv4(name) === null && !/^\d+$/.test(labels.at(-1)!) ? name : null;
  },
};

/** An address, or a name that the router looks up past the tunnel. */
export const host: ValueType<string> = {
  expects: 'an IPv4 address or a domain name',
  parse: (text) => ipv4.parse(text) ?? domainName.parse(text),
};

/** Where an adlist lies; its host is an address, so that loading it needs no look-up. */
export const listUrl: ValueType<string> = {
  expects: 'an http or https address whose host is an IPv4 address',
  parse: (text) => {
    if (!URL.canParse(text) || UNSAFE.test(text) || text.length > 200) return null;
    const url = new URL(text);
    const plain = url.username === '' && url.password === '' && url.hash === '';
    const good = (url.protocol === 'http:' || url.protocol === 'https:') && plain;
    return good && isHostAddress(url.hostname) ? url.href : null;
  },
};

/** One machine's address: neither "this network", loopback, multicast nor broadcast. */
export function isHostAddress(text: string): boolean {
  const value = parseIpv4(text);
  if (value === null) return false;
  const reserved = ['0.0.0.0/8', '224.0.0.0/3'].map((cidr) => parseCidr(cidr)!);
  return !reserved.some(({ first, last }) => value >= first && value <= last);
}
