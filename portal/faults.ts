/** Reject codes in the words of a page: what happened, and what to do next. */
import type { Speech } from './frame.ts';
import type { Fault, LoginMethod } from './pages.ts';
import type { RejectCode } from './reject-codes.ts';
import type { Wording } from './wording.ts';

/**
 * A login that was refused. `method` is null when the router reports it: it knows no forms. `opensAt` is when a
 * village that is closed opens next, where that is known.
 */
export function loginFault(
  code: RejectCode,
  method: LoginMethod | null,
  speech: Speech,
  wording: Wording,
  { nowMs, opensAt }: { nowMs: number; opensAt: number | null },
): Fault {
  const { t } = speech;
  if (code === 'SW-BADCRED' && method !== null) {
    return {
      code,
      title: t(`fault.SW-BADCRED.${method}.title`),
      help: t(`fault.SW-BADCRED.${method}.help`),
      field: fieldOf(method, speech),
    };
  }
  const opens = code === 'SW-HOURS' && opensAt !== null ? wording.instant(opensAt) : null;
  return {
    code,
    title: t(`fault.${code}.title`),
    help:
      opens === null
        ? t(`fault.${code}.help`, { zone: wording.zone(nowMs) })
        : t('fault.SW-HOURS.opens', { opens }),
    field: null,
  };
}

/** Nothing was typed: nobody needs to be asked. */
export function emptyFault(method: LoginMethod, speech: Speech): Fault {
  return {
    code: 'SW-BADCRED',
    title: speech.t(`fault.empty.${method}.title`),
    help: speech.t(`fault.empty.${method}.help`),
    field: fieldOf(method, speech),
  };
}

/** The check character of a voucher code does not fit: nobody needs to be asked, and nothing is counted. */
export function typoFault(speech: Speech): Fault {
  return {
    code: 'SW-BADCRED',
    title: speech.t('fault.typo.title'),
    help: speech.t('fault.typo.help'),
    field: fieldOf('voucher', speech),
  };
}

/** An identity provider did not say who it is. */
export function oidcFault(
  why: 'cancelled' | 'refused' | 'down',
  code: RejectCode,
  provider: string,
  speech: Speech,
): Fault {
  return {
    code,
    title: speech.t(`fault.oidc.${why}.title`, { provider }),
    help: speech.t(`fault.oidc.${why}.help`, { provider }),
    field: null,
  };
}

/** The redirect is not in order; the way out is to come anew through the router. */
export function redirectFault(speech: Speech): Fault {
  return {
    code: 'SW-ERROR',
    title: speech.t('fault.redirect.title'),
    help: speech.t('fault.redirect.help'),
    field: null,
  };
}

function fieldOf(method: LoginMethod, speech: Speech): Fault['field'] {
  return {
    id: method === 'voucher' ? 'voucher' : 'username',
    link: speech.t(`fault.field.${method}`),
  };
}
