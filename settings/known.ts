/**
 * Every setting of a village there is. Values are kept as text under these names, at any level;
 * `resolve.ts` says which one holds.
 */
import { OTP_SETTINGS } from './otp.ts';
import { PORTAL_SETTINGS } from './portal.ts';
import { ROUTER_SETTINGS } from './router.ts';
import type { ValueOf } from './value-types.ts';

export const SETTINGS = { ...ROUTER_SETTINGS, ...PORTAL_SETTINGS, ...OTP_SETTINGS };

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> = ValueOf<(typeof SETTINGS)[N]['type']>;

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
