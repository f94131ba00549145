/** Settings that others ask for: told when one is set, refused when a configuration is made of it. */
import type { SettingName } from '../../settings/known.ts';
import type { Settings } from '../../settings/resolve.ts';

const LINKS = ['wan', 'wan2'] as const;

/** Names that the chosen kinds of links need and nobody has set. */
export function stillNeeded(local: Settings): SettingName[] {
  return LINKS.flatMap((link): SettingName[] => {
    const kind = local.get(`${link}.kind`);
    if (kind === 'pppoe') return [`${link}.pppoe-user`, `${link}.pppoe-password`];
    return kind === 'static' ? [`${link}.address`, `${link}.gateway`] : [];
  }).filter((name) => local.get(name) === null);
}
