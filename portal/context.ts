/** What all handlers share: their dependencies, and the questions that every request raises. */
import type { Request, Response } from 'express';
import { cidrContains, parseCidr, parseIpv4, plainAddress } from '../lib/net.ts';
import type { Router, Session } from '../store/types.ts';
import {
  createFrame,
  type Frame,
  type FrameRequest,
  type Place,
  type Speech,
  speak,
} from './frame.ts';
import type { GatewayConfig } from './gateways/gateway.ts';
import { houseOf, shownAt } from './house.ts';
import type { Locale, TextKey } from './i18n.ts';
import type { Lans } from './lans.ts';
import type { AdmitLogin } from './login-limits.ts';
import type { PortalMetrics } from './metrics.ts';
import type { OidcProvider } from './oidc/provider.ts';
import type { CodeSender } from './otp/code.ts';
import { type RedirectOutcome, readRedirect, routerNameIn } from './redirect-params.ts';
import type { PortalOptions } from './types.ts';
import type { Views } from './views.ts';
import type { Wording } from './wording.ts';

export type PortalDeps = Pick<
  PortalOptions,
  'store' | 'radius' | 'clock' | 'log' | 'timeZone' | 'retention' | 'categoryOf' | 'regency'
> & {
  /** Null where access is free. */
  readonly selling: NonNullable<PortalOptions['selling']> | null;
  readonly publicOrigin: string;
  readonly blockAddresses: ReadonlySet<string>;
  readonly tokenTtlMs: number;
  readonly views: Views;
  readonly metrics: PortalMetrics;
  /** In the time zone of a village; null = the configuration's. */
  readonly wordingIn: (locale: Locale, timeZone: string | null) => Wording;
  readonly admitLogin: AdmitLogin;
  readonly lans: Lans;
  /** Null where no gateway is configured. */
  readonly codes: CodeSender | null;
  readonly gateways: readonly GatewayConfig[];
  /** Whether one of them takes messages in. */
  readonly inbound: boolean;
  /** Null where no identity provider is configured. */
  readonly oidc: OidcProvider | null;
};

export type Handler = (req: Request, res: Response) => Promise<void>;

/** The query as sent, every repetition kept. */
export function queryOf(req: Request): URLSearchParams {
  const at = req.originalUrl.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : req.originalUrl.slice(at + 1));
}

/** The fields of a posted form; empty when there was none. */
export function formOf(req: Request): URLSearchParams {
  return new URLSearchParams(typeof req.body === 'string' ? req.body : '');
}

/** The phone's own address: the router does not hide it (docs/architecture.md, the network path). */
export function sourceOf(req: Request): string {
  return plainAddress(req.socket.remoteAddress);
}

/** Whether an address is of the village LAN behind a router. */
export function isBehind(router: Pick<Router, 'lanSubnet'>, address: string): boolean {
  const lan = parseCidr(router.lanSubnet);
  const value = parseIpv4(address);
  return lan !== null && value !== null && cidrContains(lan, value);
}

export async function sessionOf(deps: PortalDeps, req: Request): Promise<Session | null> {
  return deps.store.sessionByAddress(sourceOf(req));
}

export async function routerIn(deps: PortalDeps, params: URLSearchParams): Promise<Router | null> {
  const name = routerNameIn(params);
  return name === null ? null : deps.store.routerByName(name);
}

/** A phone in the LAN of one village cannot speak for a phone behind the router of another. */
export async function redirectIn(
  deps: PortalDeps,
  req: Request,
  params: URLSearchParams,
): Promise<RedirectOutcome> {
  let outcome = readRedirect(params, await routerIn(deps, params));
  if (outcome.kind === 'complete' && (await isElsewhere(deps, req, outcome.redirect.router))) {
    outcome = { kind: 'refused', because: 'elsewhere' };
  }
  if (outcome.kind === 'refused') deps.metrics.redirectRefused(outcome.because);
  return outcome;
}

/** Addresses of no village are let through: a router, or a proxy before us, may hide its phones. */
async function isElsewhere(deps: PortalDeps, req: Request, router: Router): Promise<boolean> {
  const address = sourceOf(req);
  return !isBehind(router, address) && (await deps.lans.routerBehind(address)) !== null;
}

export async function placeOf(deps: PortalDeps, router: Router | null): Promise<Place> {
  const house = await houseOf(deps, router);
  const announcements = shownAt(house.announcements, deps.clock.now());
  const { selling } = deps;
  if (router === null) return { where: null, house, announcements, selling };
  const village = await deps.store.village(router.villageCode);
  const where = {
    kind: village?.kind ?? 'other',
    village: router.villageName,
    district: router.districtName,
    regency: fullRegencyName(village?.regencyName ?? ''),
  };
  return { where, house, announcements, selling };
}

/** Speech and frame of one request; `titleKey` names the page. */
export interface Scene {
  readonly speech: Speech;
  /** `own` are parameters that only the page's own language link keeps. */
  frame(titleKey: TextKey, own?: Readonly<Record<string, string>>): Frame;
}

export function sceneOf(req: Request, request: Omit<FrameRequest, 'acceptLanguage'>): Scene {
  const whole = { ...request, acceptLanguage: req.headers['accept-language'] };
  const speech = speak(whole);
  return { speech, frame: (titleKey, own) => createFrame(speech, whole, titleKey, own) };
}

/** 303: whatever the method was, the next page is fetched with GET. */
export function seeOther(res: Response, url: string): void {
  res.statusCode = 303;
  res.setHeader('Location', url);
  res.end();
}

function fullRegencyName(name: string): string {
  return name === '' || /^(?:kabupaten|kota) /i.test(name) ? name : `Kabupaten ${name}`;
}
