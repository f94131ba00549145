/** From the rows of the store to the input of `desired`: one place for the CLI and the controller. */
import type { Store } from '../store/contract.ts';
import type { Router } from '../store/types.ts';
import { desired } from './desired/desired.ts';
import type { DesiredConfiguration, FleetSettings, Page, RouterFacts } from './desired/types.ts';

export type VillageStore = Pick<Store, 'routerCredentials' | 'listTariffs' | 'credentialKey'>;

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

export interface DesiredForRouter {
  readonly router: Router;
  readonly facts: RouterFacts;
  readonly settings: FleetSettings;
  readonly pages: readonly Page[];
  readonly nasSecret: string;
  readonly apiPassword: string;
  readonly leaseSeconds: number;
}

export function desiredForRouter(args: DesiredForRouter): DesiredConfiguration {
  return desired({
    router: args.router,
    facts: args.facts,
    pages: args.pages,
    nasSecret: args.nasSecret,
    apiPassword: args.apiPassword,
    settings: { ...args.settings, sessionLeaseSeconds: args.leaseSeconds },
  });
}
