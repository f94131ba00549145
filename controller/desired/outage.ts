/**
 * What a router does by itself while the server is away: netwatch asks the resolver (and, where the
 * volume allows, the portal), and its scripts switch names to family resolvers with the floor list, and
 * the login page to a notice of the router's own. When the server answers again, they switch back.
 *
 * A link that loses packets loses a probe now and then. The script that is called when one has failed waits
 * until the next ones have had their time, and does nothing when one of them was answered.
 *
 * Rows that a script changes say so in `during`: a plan takes the state that netwatch is in for right.
 * Scripts stand on one line; each step may fail without the others. Source: RouterOS Netwatch, Scripting.
 */
import type { Policy } from '../../store/types.ts';
import {
  type Cadence,
  cadenceFor,
  linkOf,
  timeoutsFor,
  undecidedSeconds,
} from '../settings/link.ts';
import { boardLimits } from './board.ts';
import { milliseconds, row, TAG, tagged } from './menu.ts';
import type { DesiredMenu, DesiredRow, Values, VillageInput } from './types.ts';

/** The watch over the resolver decides on names, that over the portal on the login page. */
const RESOLVER_WATCH = 'nw-dns';
const PORTAL_WATCH = 'nw-portal';
/** A name that is there as long as DNS is (RFC 6761 §6.5). */
const PROBE_NAME = 'example.com';
const FLOOR = 'floor-';
const STATIC = '/ip dns static';
export const OUTAGE_FOLDER = 'down';
export const PASS_PROFILE = 'sw-pass';
const NO_ERROR = 'on-error={}';
/** What the router's log calls them. */
const WATCHED: Readonly<Record<string, string>> = {
  [RESOLVER_WATCH]: 'resolver',
  [PORTAL_WATCH]: 'portal',
};

/** The watch that switches names, for `during`. */
export function namesWatch(): string {
  return RESOLVER_WATCH;
}

/** The watch that switches the login page. */
export function pageWatch(input: VillageInput): string {
  return cadenceFor(linkOf(input.local)).watchesPortal ? PORTAL_WATCH : RESOLVER_WATCH;
}

/** Whether phones that come while the server is away get a small pass. */
export function givesPass({ local }: VillageInput): boolean {
  return local.get('outage.new-phones') === 'pass';
}

/** What `login-by` of the hotspot is with the server and without it. */
export function loginMethods(input: VillageInput): { normal: string; during: string } {
  const normal = 'http-pap,mac';
  return { normal, during: givesPass(input) ? `${normal},trial` : normal };
}

/**
 * Names that no phone may resolve while the server is away: the settings' list and what the village's
 * policy denies, less what it allows and what `needed` lies in; the policy's first, as many as fit.
 */
export function floorNames(
  policy: Pick<Policy, 'allow' | 'deny'>,
  listed: readonly string[],
  { needed, limit }: { readonly needed: readonly string[]; readonly limit: number },
): string[] {
  const allowed = new Set(policy.allow);
  const covers = (name: string): boolean =>
    needed.some((host) => host === name || host.endsWith(`.${name}`));
  const names = new Set(
    [...policy.deny, ...listed].filter((name) => !allowed.has(name) && !covers(name)),
  );
  return [...names].slice(0, limit);
}

/** Refused with all below them, but only while the server is away: with it, its block page answers. */
export function floorRows(input: VillageInput): DesiredRow[] {
  const { local, policy, router, settings } = input;
  const listed = local.get('outage.floor') ?? [];
  // The tunnel and the way back to the portal are needed all the more.
  const needed = [
    new URL(settings.portalUrl).hostname,
    router.loginHost,
    ...(settings.tunnelEndpoint === undefined ? [] : [settings.tunnelEndpoint.host]),
    ...timeServers(input),
  ];
  const during = { watch: RESOLVER_WATCH, values: { disabled: 'no' } };
  return floorNames(policy, listed, { needed, limit: boardLimits(input).floorNames }).map((name) =>
    row(
      FLOOR + name,
      { name, type: 'NXDOMAIN', 'match-subdomain': 'yes', disabled: 'yes' },
      { during },
    ),
  );
}

/** Where routers get the time, addresses or names. */
export function timeServers({ local, settings }: VillageInput): readonly string[] {
  return local.get('time.ntp-servers') ?? settings.ntpServers;
}

export function outageResolvers({ local }: VillageInput): readonly string[] {
  return local.get('outage.resolvers') ?? [];
}

export function netwatch(input: VillageInput): DesiredMenu[] {
  const link = linkOf(input.local);
  const cadence = cadenceFor(link);
  const timeout = milliseconds(timeoutsFor(link).watchMs);
  // RouterOS takes a connection that needs more than a second for a failed one.
  const patience = { 'thr-tcp-conn-time': timeout };
  const probe = {
    interval: `${cadence.watchSeconds}s`,
    timeout,
    // RouterOS waits five minutes after a start by default; phones do not.
    'startup-delay': '10s',
  };
  const names = namesSteps(input);
  const page = pageSteps(input);
  const waitSeconds = undecidedSeconds(link);
  const both = (way: 'down' | 'up'): string[] =>
    cadence.watchesPortal ? names[way] : [...names[way], ...page[way]];
  return [
    {
      ...tagged('/tool/netwatch', [
        row(RESOLVER_WATCH, {
          name: 'sw-dns',
          ...askResolver(input.settings.resolverAddress, cadence),
          ...(cadence.watchesPortal ? patience : {}),
          ...probe,
          ...scripts(RESOLVER_WATCH, waitSeconds, { down: both('down'), up: both('up') }),
        }),
        ...(cadence.watchesPortal
          ? [
              row(PORTAL_WATCH, {
                name: 'sw-portal',
                type: 'tcp-conn',
                host: input.settings.portalAddress,
                port: portalPort(input),
                ...patience,
                ...probe,
                ...scripts(PORTAL_WATCH, waitSeconds, page),
              }),
            ]
          : []),
      ]),
      reads: ['status', 'since'],
    },
  ];
}

/**
 * A connection is the surer question: it asks our process and nobody behind it. A DNS question costs a
 * third of the octets, which decides where they are counted.
 */
function askResolver(resolver: string, { watchesPortal }: Cadence): Values {
  return watchesPortal
    ? { type: 'tcp-conn', host: resolver, port: '53' }
    : { type: 'dns', host: PROBE_NAME, 'record-type': 'A', 'dns-server': resolver };
}

interface Steps {
  readonly down: string[];
  readonly up: string[];
}

function namesSteps(input: VillageInput): Steps {
  const floor = `[find comment~"^${TAG}${FLOOR}"]`;
  const steps = (servers: string, disabled: string): string[] => [
    // The floor stands before the new resolver is asked, and falls after it is not asked any more.
    ...(disabled === 'no' ? [`${STATIC} set ${floor} disabled=no`] : []),
    `/ip dns set servers=${servers}`,
    ...(disabled === 'yes' ? [`${STATIC} set ${floor} disabled=yes`] : []),
    '/ip dns cache flush',
  ];
  return {
    down: steps(outageResolvers(input).join(','), 'no'),
    up: steps(input.settings.resolverAddress, 'yes'),
  };
}

function pageSteps(input: VillageInput): Steps {
  const { normal, during } = loginMethods(input);
  const folder = htmlFolder(input);
  const set = (page: string, methods: string): string =>
    `/ip hotspot profile set [find name="sw-prof"] html-directory=${page} login-by=${methods}`;
  return { down: [set(`${folder}/${OUTAGE_FOLDER}`, during)], up: [set(folder, normal)] };
}

function scripts(watch: string, waitSeconds: number, { down, up }: Steps) {
  const says = (text: string): string => `:log warning "sw: ${WATCHED[watch]} ${text}"`;
  const guarded = (step: string): string => `:do {${step}} ${NO_ERROR}`;
  const switching = (steps: readonly string[], text: string): string =>
    [...steps.map(guarded), says(text)].join('; ');
  const get = (property: string): string =>
    `[/tool netwatch get [find comment="${TAG}${watch}"] ${property}]`;
  return {
    'down-script': [
      ':local swSince ""',
      guarded(`:set swSince ${get('since')}`),
      `:delay ${waitSeconds}s`,
      // Who cannot tell serves phones rather than wait for a server that may be dead.
      ':local swAway true',
      guarded(`:set swAway (${get('status')} != "up" && ${get('since')} = $swSince)`),
      `:if ($swAway) do={${switching(down, 'away, the router helps itself')}}`,
    ].join('; '),
    'up-script': switching(up, 'is back'),
  };
}

function portalPort({ settings }: VillageInput): string {
  const url = new URL(settings.portalUrl);
  return url.port === '' ? { 'https:': '443', 'http:': '80' }[url.protocol]! : url.port;
}

/** Where the hotspot's pages lie; those of an outage lie below. */
export function htmlFolder(input: VillageInput): string {
  return input.facts.hasFlashFolder ? 'flash/sw' : 'sw';
}
