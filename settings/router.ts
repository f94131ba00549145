/** Settings that become configuration of routers: the link, the radio, what happens without the server. */

import { FLOOR_NAMES } from './floor-names.ts';
import { hoursOfWeek } from './hours.ts';
import { type Setting, setting } from './setting.ts';
import {
  domainName,
  host,
  interfaceAddress,
  interfaceName,
  ipv4,
  line,
  listOf,
  listUrl,
  secretText,
  whole,
  word,
} from './value-types.ts';

/**
 * Prayers all over Indonesia and the year round (latitudes 6° N to 11° S, the middle of its zones give or take half
 * an hour), tarawih in the evening, and office hours. A village that knows its own times may set them.
 */
const NOT_DURING =
  'mon-sun 03:50-05:40 11:25-12:50 14:35-15:50 17:20-21:30, fri 11:00-13:30, mon-fri 07:30-16:00';

const WAN_KINDS = ['dhcp', 'pppoe', 'static', 'lte'] as const;

export const ROUTER_SETTINGS = {
  'wan.kind': setting('how the router reaches the Internet', word(WAN_KINDS), 'dhcp'),
  'wan.interface': setting('the interface of that link', interfaceName, null),
  ...wanDetails('wan'),
  'wan2.kind': setting(
    'a second link, used when the first is down',
    word(['none', ...WAN_KINDS]),
    'none',
  ),
  'wan2.interface': setting('the interface of the second link', interfaceName, null),
  ...wanDetails('wan2'),

  'link.down-kbps': setting('rate of the link, downwards', whole('kbps', 64, 10_000_000), null),
  'link.up-kbps': setting('rate of the link, upwards', whole('kbps', 64, 10_000_000), null),
  'link.rtt-ms': setting(
    'round trip to the server; geostationary satellites have 600',
    whole('ms', 1, 3000),
    '60',
  ),
  'link.metered-gb': setting(
    'volume of the link a month; unset where it is not metered',
    whole('GB', 1, 100_000),
    null,
  ),

  'link.name': setting(
    'name of a link that several routers share, so that few of them are worked on at once',
    line(32),
    null,
  ),

  'maintenance.hours': setting(
    'when a router that works may be changed without being asked for by hand; unset: at any time',
    hoursOfWeek,
    null,
  ),
  'upgrade.not-during': setting(
    'when no reboot may begin, nor 45 minutes before: prayers, office, evening; closed: never mind',
    hoursOfWeek,
    NOT_DURING,
  ),
  'drift.grace-hours': setting(
    'how long what was changed by hand stays, to be adopted; what safety hangs on never does',
    whole('hours', 0, 720),
    '24',
  ),

  'wifi.ssid': setting('name of the network', line(32), null),
  'wifi.clients': setting('phones on one radio at once', whole('phones', 1, 250), null),
  'time.ntp-servers': setting(
    'time servers, reached past the tunnel',
    listOf(host, 4, 'addresses or names'),
    null,
  ),
  'service.port': setting(
    "a port for a technician's Winbox, kept out of the hotspot: its name, last or none",
    interfaceName,
    'none',
  ),
  'dhcp.option-114': setting(
    'tell phones by DHCP where the portal is (RFC 8910): where it helps, or never',
    word(['auto', 'never']),
    'auto',
  ),
  'dns.cache-kib': setting('DNS cache of the router', whole('KiB', 64, 65_536), null),
  'dns.adlist': setting('a list that the router itself refuses names by', listUrl, null),

  'grace.hosts': setting(
    'messengers that a phone reaches while it waits for its code; names or IPv4 addresses',
    listOf(host, 40, 'names or addresses'),
    [
      'g.whatsapp.net',
      'v.whatsapp.net',
      'graph.whatsapp.net',
      'static.whatsapp.net',
      'mmg.whatsapp.net',
      'web.whatsapp.com',
      'api.whatsapp.com',
      'wa.me',
    ].join(','),
  ),

  'outage.resolvers': setting(
    'family resolvers, asked while the server is down',
    listOf(ipv4, 3, 'IPv4 addresses'),
    '1.1.1.3,1.0.0.3',
  ),
  'outage.floor': setting(
    'names that are refused while the server is down, with all below them',
    listOf(domainName, 300, 'domain names'),
    FLOOR_NAMES.join(','),
  ),
  'outage.new-phones': setting(
    'what becomes of phones that come while the server is down: wait for it, or a small pass',
    word(['wait', 'pass']),
    'wait',
  ),
  'outage.pass-minutes': setting('length of the small pass', whole('minutes', 5, 240), '30'),
  'outage.pass-kbps': setting('rate of the small pass', whole('kbps', 32, 100_000), '256'),
} satisfies Readonly<Record<string, Setting>>;

/** What the kinds of links need, each its own. */
function wanDetails<P extends 'wan' | 'wan2'>(prefix: P) {
  const details = {
    vlan: setting('VLAN tag that the provider wants', whole('VLAN id', 1, 4094), null),
    address: setting('own address of a static link', interfaceAddress, null),
    gateway: setting('gateway of a static link', ipv4, null),
    'pppoe-user': setting('user of a PPPoE link', line(64), null),
    'pppoe-password': setting('password of a PPPoE link', secretText(64), null, true),
    apn: setting('access point name of an LTE link', line(64), null),
    'apn-user': setting('user of an LTE link', line(64), null),
    'apn-password': setting('password of an LTE link', secretText(64), null, true),
  };
  type Details = typeof details;
  return Object.fromEntries(
    Object.entries(details).map(([name, one]) => [`${prefix}.${name}`, one]),
  ) as { [K in keyof Details as `${P}.${K}`]: Details[K] };
}
