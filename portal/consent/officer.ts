/** A public service names its data protection officer (Law 27 of 2022, article 53) before anybody uses it. */
import type { PortalDeps } from '../context.ts';
import { settingsOf } from '../village-settings.ts';

/**
 * Warns, and does not refuse to start: a setting that was forgotten must not take a regency offline. The
 * privacy notice says as long as it lasts that nobody is named.
 */
export async function warnWithoutOfficer(
  deps: Pick<PortalDeps, 'store' | 'log' | 'regency'>,
): Promise<void> {
  const { regency, log } = deps;
  if (regency === undefined) return;
  const settings = await settingsOf(deps, { villageCode: regency, districtCode: regency });
  if (settings.get('portal.dpo') !== null) return;
  log.warn(
    { regency },
    'no data protection officer is named: smartwifi setting set portal.dpo "NAME, CONTACT" --regency CODE',
  );
}
