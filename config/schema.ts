/**
 * The configuration file's shape: one strict object per section, every key with a default.
 *
 * Names are a promise to operators: sections grow, keys stay. Relations between keys are in
 * `rules.ts`; where a default depends on another key, `completeConfig` fills it in.
 */
import { z } from 'zod';
import type { HostPort } from '../lib/net.ts';
import * as field from './fields.ts';
import { type OidcConfig, oidcSection } from './oidc.ts';
import { type OtpConfig, otpSection } from './otp.ts';

export interface PortalConfig {
  readonly listen: HostPort;
  /** Origin that phones are sent to, without a final slash. */
  readonly publicUrl: string;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Where the block page answers plain HTTP for sinkholed names; undefined = nowhere. */
  readonly blockListen: HostPort | undefined;
  readonly otp: OtpConfig;
  /** Undefined: citizens are asked by nobody else. */
  readonly oidc: OidcConfig | undefined;
  /** Another RADIUS server that knows people we do not; they come under `tariff`. */
  readonly radius:
    | { readonly server: HostPort; readonly secret: string; readonly tariff: string }
    | undefined;
}

/** A RADIUS server or proxy of others, and the secret shared with it. */
export interface RadiusProxyConfig {
  /** Source address of its packets. */
  readonly address: string;
  readonly secret: string;
}

/** RADIUS over TLS (RFC 6614): our certificate, and the authority that routers' certificates come from. */
export interface RadsecConfig {
  readonly listen: HostPort;
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

export interface RadiusConfig {
  readonly auth: HostPort;
  readonly acct: HostPort;
  /** RADIUS threads of this process; they share the ports. */
  readonly threads: number;
  /** Proxies that speak for routers, which they name by NAS-Identifier. */
  readonly proxies: readonly RadiusProxyConfig[];
  /** Server that EAP is forwarded to; undefined = EAP is refused. */
  readonly eap: { readonly server: HostPort; readonly secret: string } | undefined;
  readonly radsec: RadsecConfig | undefined;
  readonly interimSeconds: number;
  /** `mac-auth-password` of the routers' hotspot profiles; undefined = they have none. */
  readonly macPassword: string | undefined;
  /** Shared by portal and RADIUS server; undefined = made anew at each start. */
  readonly portalSecret: string | undefined;
  /** Where the portal's questions come from; undefined = from where this server listens. */
  readonly portalAddress: string | undefined;
  /** IPv4 source address of CoA and Disconnect packets; undefined = the system's choice. */
  readonly coaSource: string | undefined;
}

export interface ResolverConfig {
  readonly listen: HostPort;
  readonly upstreams: readonly HostPort[];
  /** IPv4 address that blocked names with a block page resolve to. */
  readonly blockAddress: string;
  readonly allowPrivateAnswers: boolean;
  readonly listsDirectory: string;
}

/** The server's addresses in the management tunnel, and what routers are told. */
export interface NetworkConfig {
  readonly controllerAddress: string;
  readonly radiusAddress: string;
  /** A second RADIUS server, which routers turn to when the first is silent; undefined = none. */
  readonly radiusStandbyAddress: string | undefined;
  readonly portalAddress: string;
  readonly resolverAddress: string;
  readonly tunnelSubnet: string;
  /** Where routers find our end of the tunnel from the Internet; undefined = no tunnel of ours. */
  readonly tunnelEndpoint: HostPort | undefined;
  readonly lanPool: string;
  readonly loginHost: string;
  readonly ssid: string;
  readonly ntpServers: readonly string[];
  readonly hotspotPort: number;
}

/** Our end of the management tunnel, whose peers the controller keeps. */
export interface WireguardConfig {
  /** Of the server's interface, base64; undefined = routers are set up by hand. */
  readonly publicKey: string | undefined;
  /** Written by us, read by the helper that runs as root. */
  readonly peersFile: string;
}

/** What is done to routers, by all controllers of one store together. */
export interface ControllerConfig {
  readonly pollSeconds: number;
  readonly autoApply: boolean;
  /** Routers worked on at once. */
  readonly atOnce: number;
  /** Of those, on one link that several share. */
  readonly perLink: number;
  /** A change that concerns so many routers goes out in waves. */
  readonly rolloutFrom: number;
}

/** How long what is told of people is kept, in days. */
export interface RetentionConfig {
  /** Closed sessions: who, when, from which address. */
  readonly sessionDays: number;
  /** Usage by the hour. */
  readonly hourlyDays: number;
  /** Usage by the day. */
  readonly dailyDays: number;
  /** Finished work on routers, and rollouts. */
  readonly jobDays: number;
}

/** What makes selling access lawful: docs/operations.md, "Selling". Both are printed and shown. */
export interface SellingConfig {
  /** Number of the permit. */
  readonly permit: string;
  /** The ISP whose access it is. */
  readonly partner: string;
}

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Frozen, validated, every path absolute. */
export interface Config {
  /** `sqlite:/absolute/path`, or `postgres://user@host/database`. */
  readonly store: string;
  readonly keyFile: string;
  readonly regency: string;
  readonly timeZone: string;
  readonly portal: PortalConfig;
  readonly console: { readonly listen: HostPort };
  readonly metrics: { readonly listen: HostPort };
  readonly radius: RadiusConfig;
  readonly resolver: ResolverConfig;
  readonly network: NetworkConfig;
  readonly wireguard: WireguardConfig;
  readonly retention: RetentionConfig;
  /** Undefined = nothing may have a price. */
  readonly selling: SellingConfig | undefined;
  readonly controller: ControllerConfig;
  readonly log: { readonly level: LogLevel };
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Keys outside any section. `base` is the folder that relative paths start at. */
export function topSchema(base: string) {
  return z.strictObject({
    store: field.store(base).prefault('sqlite:./var/smartwifi.db'),
    keyFile: field.path(base).prefault('./var/store.key'),
    regency: field.regency.prefault('16.06'),
    timeZone: field.timeZone.prefault('Asia/Jakarta'),
  });
}

/** One strict object per section. */
export function sectionSchemas(base: string) {
  return {
    portal: portalSection(base),
    console: z.strictObject({ listen: field.hostPort.prefault('127.0.0.1:8081') }),
    metrics: z.strictObject({ listen: field.hostPort.prefault('127.0.0.1:9464') }),
    radius: radiusSection(base),
    resolver: resolverSection(base),
    network: networkSection(),
    wireguard: z.strictObject({
      publicKey: field.wireguardKey.optional(),
      peersFile: field.path(base).prefault('./var/wireguard/peers.conf'),
    }),
    controller: z.strictObject({
      pollSeconds: field.whole('seconds', 5, 3600).prefault(30),
      autoApply: field.yesNo.prefault(true),
      atOnce: field.whole('routers', 1, 64).prefault(8),
      perLink: field.whole('routers', 1, 64).prefault(2),
      rolloutFrom: field.whole('routers', 2, 100_000).prefault(10),
    }),
    retention: z.strictObject({
      sessionDays: field.whole('days', 1, 3660).prefault(180),
      hourlyDays: field.whole('days', 1, 3660).prefault(92),
      dailyDays: field.whole('days', 40, 3660).prefault(800),
      jobDays: field.whole('days', 1, 3660).prefault(90),
    }),
    selling: z.strictObject({
      permit: field.line('the number of the permit, in quotes', 32).optional(),
      partner: field.line('the name of the ISP', 60).optional(),
    }),
    log: z.strictObject({ level: field.oneOf(LOG_LEVELS).prefault('info') }),
  };
}

export type SectionName = keyof ReturnType<typeof sectionSchemas>;
export type Top = z.output<ReturnType<typeof topSchema>>;
/** Sections as their own schemas give them, before defaults that depend on other keys. */
export type Sections = {
  [K in SectionName]: z.output<ReturnType<typeof sectionSchemas>[K]>;
};

/** Fills in the defaults that follow from other keys. */
export function completeConfig(top: Top, sections: Sections): Config {
  const { portal, resolver, network, selling } = sections;
  const portalAddress = network.portalAddress ?? network.controllerAddress;
  const scheme = portal.tls === undefined ? 'http' : 'https';
  const blockHost = portal.blockListen?.host;
  return {
    ...top,
    ...sections,
    portal: {
      listen: portal.listen,
      publicUrl:
        portal.publicUrl ?? new URL(`${scheme}://${portalAddress}:${portal.listen.port}`).origin,
      tls: portal.tls,
      blockListen: portal.blockListen,
      otp: portal.otp,
      oidc: portal.oidc,
      radius: portal.radius,
    },
    radius: {
      ...sections.radius,
      eap: sections.radius.eap,
      radsec: sections.radius.radsec,
      macPassword: sections.radius.macPassword,
      portalSecret: sections.radius.portalSecret,
      portalAddress: sections.radius.portalAddress,
      coaSource: sections.radius.coaSource,
    },
    resolver: {
      ...resolver,
      blockAddress:
        resolver.blockAddress ??
        (blockHost === undefined || blockHost === '0.0.0.0' ? portalAddress : blockHost),
    },
    network: {
      ...network,
      portalAddress,
      radiusAddress: network.radiusAddress ?? network.controllerAddress,
      radiusStandbyAddress: network.radiusStandbyAddress,
      tunnelEndpoint: network.tunnelEndpoint,
      resolverAddress: network.resolverAddress ?? network.controllerAddress,
    },
    wireguard: { ...sections.wireguard, publicKey: sections.wireguard.publicKey },
    selling:
      selling.permit === undefined || selling.partner === undefined
        ? undefined
        : { permit: selling.permit, partner: selling.partner },
  };
}

function portalSection(base: string) {
  return z.strictObject({
    listen: field.hostPort.prefault('0.0.0.0:8080'),
    publicUrl: field.origin.optional(),
    tls: z
      .strictObject(
        { certFile: field.path(base), keyFile: field.path(base) },
        { error: keysExpected('certFile and keyFile') },
      )
      .optional(),
    blockListen: field.hostPort.optional(),
    otp: otpSection,
    oidc: oidcSection,
    radius: z
      .strictObject(
        {
          server: field.hostPort,
          secret: field.secret,
          tariff: field.word('the name of a tariff'),
        },
        { error: keysExpected('server, secret and tariff') },
      )
      .optional(),
  });
}

function radiusSection(base: string) {
  return z.strictObject({
    auth: field.hostPort.prefault('0.0.0.0:1812'),
    acct: field.hostPort.prefault('0.0.0.0:1813'),
    interimSeconds: field.whole('seconds', 60, 3600).prefault(300),
    macPassword: field.password.optional(),
    portalSecret: field.secret.optional(),
    portalAddress: field.ipv4.optional(),
    coaSource: field.ipv4.optional(),
    threads: field.whole('threads', 1, 16).prefault(1),
    proxies: z
      .array(
        z.strictObject(
          { address: field.ipv4, secret: field.secret },
          { error: keysExpected('address and secret') },
        ),
        { error: 'expected a list of proxies' },
      )
      .prefault([]),
    eap: z
      .strictObject(
        { server: field.hostPort, secret: field.secret },
        { error: keysExpected('server and secret') },
      )
      .optional(),
    radsec: z
      .strictObject(
        {
          listen: field.hostPort.prefault('0.0.0.0:2083'),
          certFile: field.path(base),
          keyFile: field.path(base),
          caFile: field.path(base),
        },
        { error: keysExpected('certFile, keyFile and caFile') },
      )
      .optional(),
  });
}

function resolverSection(base: string) {
  return z.strictObject({
    listen: field.hostPort.prefault('0.0.0.0:53'),
    upstreams: z
      .array(field.upstream, { error: 'expected a list of IPv4 addresses' })
      .min(1, { error: 'expected at least one upstream' })
      .prefault(['9.9.9.9', '149.112.112.112']),
    blockAddress: field.ipv4.optional(),
    allowPrivateAnswers: field.yesNo.prefault(false),
    listsDirectory: field.path(base).prefault('./var/lists'),
  });
}

function networkSection() {
  return z.strictObject({
    controllerAddress: field.ipv4.prefault('10.255.0.1'),
    radiusAddress: field.ipv4.optional(),
    radiusStandbyAddress: field.ipv4.optional(),
    portalAddress: field.ipv4.optional(),
    resolverAddress: field.ipv4.optional(),
    tunnelSubnet: field.network.prefault('10.255.0.0/16'),
    tunnelEndpoint: field.hostPort.optional(),
    lanPool: field.network.prefault('172.16.0.0/12'),
    loginHost: field.hostName.prefault('login.wifi.home.arpa'),
    ssid: field.ssid.prefault('Desa Digital'),
    ntpServers: z
      .array(field.ipv4, { error: 'expected a list of IPv4 addresses' })
      .min(1, { error: 'expected at least one time server' })
      .prefault(['162.159.200.1', '162.159.200.123']),
    hotspotPort: field.port.prefault(80),
  });
}

function keysExpected(keys: string) {
  return (issue: { code?: string }): string | undefined =>
    issue.code === 'invalid_type' ? `expected the keys ${keys}` : undefined;
}
