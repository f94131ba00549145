/**
 * Relations between keys. Each rule names the sections it needs and is asked only when those are
 * well formed, so that one mistake is never reported twice.
 */
import { type Cidr, type HostPort, parseCidr } from '../lib/net.ts';
import type { SectionName, Sections } from './schema.ts';

export interface Problem {
  /** `portal.listen`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

interface Rule<K extends SectionName = SectionName> {
  readonly needs: readonly K[];
  readonly check: (sections: Pick<Sections, K>) => readonly Problem[];
}

/** Networks that village links use: carriers number their customers from these. */
const UPLINK_NETWORKS: readonly (readonly [string, string])[] = [
  ['100.64.0.0/10', "Starlink's and carriers' shared addresses"],
  ['10.0.0.0/8', "carriers' private addresses"],
];
/** A village LAN is a /22. */
const LAN_PREFIX = 22;

const RULES: readonly Rule[] = [
  rule(['portal'], ({ portal }) =>
    portal.tls !== undefined && portal.publicUrl?.startsWith('http:') === true
      ? [
          {
            path: 'portal.publicUrl',
            message: 'must begin with https:// because portal.tls is set',
          },
        ]
      : [],
  ),
  rule(['portal', 'console', 'metrics'], ({ portal, console, metrics }) =>
    sharedListeners([
      ['portal.listen', portal.listen],
      ['console.listen', console.listen],
      ['metrics.listen', metrics.listen],
      ['portal.blockListen', portal.blockListen],
    ]),
  ),
  rule(['selling'], ({ selling }) => {
    const [missing, ...both] = (['permit', 'partner'] as const).filter(
      (key) => selling[key] === undefined,
    );
    return missing === undefined || both.length > 0
      ? []
      : [{ path: `selling.${missing}`, message: 'is missing: selling needs permit and partner' }];
  }),
  rule(['radius', 'resolver'], ({ radius, resolver }) =>
    sharedListeners([
      ['radius.auth', radius.auth],
      ['radius.acct', radius.acct],
      ['resolver.listen', resolver.listen],
    ]),
  ),
  rule(['controller'], ({ controller }) =>
    controller.perLink <= controller.atOnce
      ? []
      : [
          {
            path: 'controller.perLink',
            message: `is more than controller.atOnce (${controller.atOnce})`,
          },
        ],
  ),
  rule(['network'], ({ network }) => lanPoolProblems(network.lanPool, network.tunnelSubnet)),
];

/** Problems between keys of the sections that parsed. */
export function brokenRules(sections: Partial<Sections>): Problem[] {
  return RULES.filter(({ needs }) => needs.every((name) => sections[name] !== undefined)).flatMap(
    ({ check }) => check(sections as Sections),
  );
}

function rule<K extends SectionName>(
  needs: readonly K[],
  check: (sections: Pick<Sections, K>) => readonly Problem[],
): Rule {
  return { needs, check };
}

function sharedListeners(
  listeners: readonly (readonly [path: string, listen: HostPort | undefined])[],
): Problem[] {
  const problems: Problem[] = [];
  const seen: { path: string; listen: HostPort }[] = [];
  for (const [path, listen] of listeners) {
    if (listen === undefined) continue;
    const other = seen.find((earlier) => collide(earlier.listen, listen));
    if (other !== undefined) {
      problems.push({ path, message: `uses port ${listen.port}, which ${other.path} already has` });
    }
    seen.push({ path, listen });
  }
  return problems;
}

/** The same port on the same address, or on every address; port 0 never collides. */
function collide(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || isEverywhere(a.host) || isEverywhere(b.host);
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function lanPoolProblems(lanPool: string, tunnelSubnet: string): Problem[] {
  const path = 'network.lanPool';
  const pool = cidr(lanPool);
  const problems: Problem[] = [];
  if (pool.prefix > LAN_PREFIX) {
    problems.push({ path, message: `is smaller than one village LAN (/${LAN_PREFIX})` });
  }
  if (overlap(pool, cidr(tunnelSubnet))) {
    problems.push({ path, message: `overlaps network.tunnelSubnet (${tunnelSubnet})` });
  }
  for (const [uplink, whose] of UPLINK_NETWORKS) {
    if (overlap(pool, cidr(uplink))) {
      problems.push({
        path,
        message: `overlaps ${uplink}, ${whose}; a router would lose its uplink`,
      });
    }
  }
  return problems;
}

/** Of a text that the schema has already accepted. */
function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === null) throw new TypeError(`not a network: ${text}`);
  return parsed;
}

function overlap(a: Cidr, b: Cidr): boolean {
  return a.first <= b.last && b.first <= a.last;
}
