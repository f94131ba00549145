/** Where the login page leads who has no account yet, or no password any more. */
import type { PortalDeps } from '../context.ts';
import type { Redirect } from '../redirect-params.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';

/** Null: nowhere. */
export async function registerLinks(
  deps: PortalDeps,
  router: Redirect['router'],
  carry: Readonly<Record<string, string>>,
): Promise<{ registerUrl: string | null; resetUrl: string | null }> {
  const open = (await settingsOf(deps, router)).get('portal.tariff.self') !== null;
  return {
    registerUrl: open ? withQuery('/register', carry) : null,
    resetUrl:
      open && deps.codes !== null ? withQuery('/register', { ...carry, for: 'reset' }) : null,
  };
}
