/** Settings that decide what citizens meet: ways in, texts, looks. */
import { accentColour, callNumber, initials, serviceLink, svgLogo } from './look-types.ts';
import { type Setting, setting } from './setting.ts';
import { line, listOf, whole, word } from './value-types.ts';

/** In the order in which the login page offers them when a village says nothing else. */
export const WAYS = ['voucher', 'account', 'otp', 'oidc', 'click'] as const;
export type Way = (typeof WAYS)[number];

export const PORTAL_SETTINGS = {
  'portal.ways': setting(
    'ways in that the login page offers, the first of them open',
    listOf(word(WAYS), WAYS.length, `of ${WAYS.join(', ')}`),
    'voucher,account',
  ),
  'portal.click-per-day': setting(
    'phones that may come new by a click, in a village and day',
    whole('phones', 0, 10_000),
    '200',
  ),
  'portal.click-per-address': setting(
    'of these, from one address of the village’s network',
    whole('phones', 0, 1000),
    '3',
  ),
  'portal.remember-days': setting(
    'days that a phone is remembered when its citizen wants it; 0: none is',
    whole('days', 0, 365),
    '30',
  ),
  'portal.tariff.self': tariffOf('registers an account'),
  'portal.tariff.otp': tariffOf('comes by a code sent to a phone number'),
  'portal.tariff.click': tariffOf('comes by a click'),
  'portal.tariff.registrar': tariffOf('a registrar vouches for'),
  'portal.tariff.oidc': tariffOf('comes by an identity provider'),
  'portal.tariff.child': tariffOf('is not 18 yet, instead of the one of the way in'),
  'portal.controller': setting(
    'who answers for personal data; unset: the government of the regency',
    line(80),
    null,
  ),
  'portal.dpo': setting(
    'name and contact of the data protection officer; set it before the first citizen comes',
    line(120),
    null,
  ),
  'portal.processors': setting(
    'who processes personal data for the regency, such as a message gateway',
    listOf(line(60), 8, 'names'),
    null,
  ),
  'portal.tdpse': setting('registration number of the electronic system (TDPSE)', line(40), null),
  'portal.nik': setting(
    'whether those who register are asked their NIK',
    word(['off', 'optional', 'required']),
    'off',
  ),
  'portal.erase-grace-hours': setting(
    'hours in which a citizen can take back "erase my data"',
    whole('hours', 0, 48),
    '24',
  ),
  'portal.name': setting('name of the network, instead of the village alone', line(40), null),
  'portal.accent': setting('colour of buttons, links and the head', accentColour, '#0a6647'),
  'portal.logo': setting('logo in the head; see --file', svgLogo, null),
  'portal.initials': setting('letters in the head where there is no logo', initials, null),
  'portal.complaint': setting('number that complaints go to', callNumber, null),
  'portal.services': setting(
    'links to services of the regency, shown to who is online',
    listOf(serviceLink, 5, 'links such as Pengaduan=https://lapor.example.go.id'),
    null,
  ),
  'portal.emergency': setting(
    'numbers for emergencies; 112, 110, 113 and 119 need no label',
    listOf(callNumber, 6, 'numbers such as 112 or Puskesmas=0714-321000'),
    '112,110,113,119',
  ),
  'portal.case-days': setting(
    'days that a case of "why am I not online?" is kept',
    whole('days', 1, 90),
    '14',
  ),
} satisfies Readonly<Record<string, Setting>>;

function tariffOf(who: string): Setting<string> {
  return setting(
    `name of the tariff of a citizen who ${who}; unset: nobody is let in that way`,
    line(64),
    null,
  );
}
