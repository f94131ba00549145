/** What was typed to register, or for a new password. */

import { type E164, toMobileE164 } from '../../settings/phone-number.ts';
import type { RegisterFault } from '../pages.ts';
import { readName } from './data.ts';
import { ageOf, parseNik } from './nik.ts';
import { weakness } from './password-rules.ts';

export type NikAsked = 'off' | 'optional' | 'required';

/** Waits, sealed, until the number is proven. */
export interface Application {
  readonly phone: E164;
  readonly password: string;
  readonly name: string | null;
  readonly nik: string | null;
  readonly reset: boolean;
  /** By the date of birth in the NIK. */
  readonly minor: boolean;
}

export type ReadApplication =
  | { readonly ok: true; readonly application: Application }
  | { readonly ok: false; readonly fault: RegisterFault };

const ADULT = 18;

/** Pure. A NIK that nobody asked for is not even read. */
export function readApplication(
  form: URLSearchParams,
  nikAsked: NikAsked,
  todayMs: number,
): ReadApplication {
  const refused = (fault: RegisterFault): ReadApplication => ({ ok: false, fault });
  const reset = form.get('for') === 'reset';
  const phone = toMobileE164(form.get('phone') ?? '');
  if (phone === null) return refused('phone');
  const password = form.get('password') ?? '';
  const weak = weakness(password, phone);
  if (weak !== null) return refused(`password.${weak}`);
  const name = readName(form.get('name') ?? '');
  if (name === undefined) return refused('name');
  const typed = reset || nikAsked === 'off' ? '' : (form.get('nik') ?? '').trim();
  if (typed === '' && nikAsked === 'required' && !reset) return refused('nik');
  const nik = typed === '' ? null : parseNik(typed, todayMs);
  if (nik !== null && !nik.ok) return refused('nik');
  const application = {
    phone,
    password,
    name: reset ? null : name,
    nik: nik?.digits ?? null,
    reset,
    minor: nik !== null && ageOf(nik.birth, todayMs) < ADULT,
  };
  return { ok: true, application };
}
