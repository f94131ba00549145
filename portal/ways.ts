/** Which ways in a village offers. What it does not offer does not work either, whoever posts it. */

import type { Way } from '../settings/portal.ts';
import type { Settings } from '../settings/resolve.ts';
import type { Router } from '../store/types.ts';
import type { PortalDeps } from './context.ts';
import { settingsOf } from './village-settings.ts';

/** In the order in which the page shows them, the first one open. */
export async function waysAt(
  deps: Pick<PortalDeps, 'store' | 'log' | 'codes' | 'oidc'>,
  router: Router,
): Promise<readonly Way[]> {
  const settings = await settingsOf(deps, router);
  const set = settings.get('portal.ways') ?? [];
  return [...new Set(set)].filter((way) => isReady(deps, way, settings));
}

/** A way that cannot lead in is not shown: without its tariff or its provider nobody gets anywhere. */
function isReady(
  { codes, oidc }: Pick<PortalDeps, 'codes' | 'oidc'>,
  way: Way,
  settings: Settings,
): boolean {
  switch (way) {
    case 'voucher':
    case 'account':
      return true;
    case 'otp':
      return codes !== null && settings.get('portal.tariff.otp') !== null;
    case 'oidc':
      return oidc !== null && settings.get('portal.tariff.oidc') !== null;
    case 'click':
      return settings.get('portal.tariff.click') !== null;
  }
}
