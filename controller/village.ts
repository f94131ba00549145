/** From the rows of the store to the input of `desired`: one place for the CLI and the controller. */
import { createHash } from 'node:crypto';
import { effectivePolicy } from '../filter/policy.ts';
import { nearestByName, placeOf, resolveSettings, type SettingRow } from '../settings/resolve.ts';
import type { Store } from '../store/contract.ts';
import type { Part, Policy, Router } from '../store/types.ts';
import { desired } from './desired/desired.ts';
import { reservedOf } from './desired/operator.ts';
import type { DesiredConfiguration, FleetSettings, Page, RouterFacts } from './desired/types.ts';
import { type LinkProfile, linkOf } from './settings/link.ts';
import { type OperatorPart, parsePart } from './settings/parts.ts';

export type SourceStore = Pick<Store, 'openSettings' | 'listPolicies' | 'listParts'>;

const API_PASSWORD_LENGTH = 32;

/**
 * The password of our user on a router: derived from the store key, so that it is known before it is
 * written and a crash between router and store locks nobody out. One router's says nothing of another's.
 */
export function apiPasswordOf(store: Pick<Store, 'credentialKey'>, routerId: string): string {
  return store.credentialKey(`router-api:${routerId}`).slice(0, API_PASSWORD_LENGTH);
}

/** Longest session of any tariff, at least what the settings say; a lease must outlast it. */
export async function longestSessionSeconds(
  store: Pick<Store, 'listTariffs'>,
  settings: FleetSettings,
): Promise<number> {
  const tariffs = await store.listTariffs();
  return Math.max(
    settings.sessionLeaseSeconds,
    ...tariffs.map((tariff) => tariff.sessionSeconds ?? 0),
  );
}

/** What villages, districts and the regency say: read once for any number of routers. */
export interface VillageSources {
  readonly settings: readonly SettingRow[];
  readonly policies: readonly Policy[];
  readonly parts: readonly Part[];
  /** Differs when anything above does. */
  readonly digest: string;
}

export async function readSources(store: SourceStore): Promise<VillageSources> {
  const [opened, policies, parts] = await Promise.all([
    store.openSettings(),
    store.listPolicies(),
    store.listParts(),
  ]);
  const settings = opened.map(({ level, code, name, value }) => ({
    level,
    code,
    name,
    value: value ?? '',
  }));
  const text = JSON.stringify([settings, policies, parts]);
  return { settings, policies, parts, digest: createHash('sha256').update(text).digest('hex') };
}

/** What is known of a router's way to us: for time-outs and for how often we look. */
export function linkProfileOf(
  { settings }: Pick<VillageSources, 'settings'>,
  router: Pick<Router, 'id' | 'villageCode' | 'districtCode'>,
): LinkProfile {
  return linkOf(resolveSettings(settings, placeOf(router)));
}

export interface DesiredForRouter {
  readonly router: Router;
  readonly facts: RouterFacts;
  readonly settings: FleetSettings;
  readonly pages: readonly Page[];
  readonly nasSecret: string;
  readonly apiPassword: string;
  readonly servicePassword: string;
  readonly leaseSeconds: number;
  readonly sources: VillageSources;
}

/** Throws `SETTING_VALUE` or `ROUTER_SETTINGS` when what is set cannot be a configuration. */
export function desiredForRouter(args: DesiredForRouter): DesiredConfiguration {
  const { router, sources } = args;
  return desired({
    local: resolveSettings(sources.settings, placeOf(router)),
    parts: partsFor(args),
    policy: effectivePolicy(sources.policies, router.villageCode, router.districtCode),
    router: args.router,
    facts: args.facts,
    pages: args.pages,
    nasSecret: args.nasSecret,
    apiPassword: args.apiPassword,
    servicePassword: args.servicePassword,
    settings: { ...args.settings, sessionLeaseSeconds: args.leaseSeconds },
  });
}

/** Checked again: what was good under another version or another configuration file may not be now. */
function partsFor({ router, sources, settings }: DesiredForRouter): OperatorPart[] {
  const reserved = reservedOf({ ...settings, ...router });
  return nearestByName(sources.parts, placeOf(router)).map(({ name, document }) =>
    parsePart(name, JSON.parse(document), reserved),
  );
}
