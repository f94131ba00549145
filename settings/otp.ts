/** Settings of codes to phone numbers: how many, and the small pass that lets them arrive. */
import { toMobileE164 } from './phone-number.ts';
import { type Setting, setting } from './setting.ts';
import { type ValueType, whole } from './value-types.ts';

/** As links to a messenger want it: digits alone, with the country's code. */
const messengerNumber: ValueType<string> = {
  expects: 'a mobile number such as +6281234567890',
  parse: (text) => toMobileE164(text)?.slice(1) ?? null,
};

export const OTP_SETTINGS = {
  'portal.otp.per-phone': setting('codes that a number gets in a day', whole('codes', 1, 50), '5'),
  'portal.otp.per-mac': setting('codes that a phone asks for in a day', whole('codes', 1, 50), '6'),
  'portal.otp.per-address': setting(
    'codes that one address in the village’s network asks for in a day, whatever it says it is',
    whole('codes', 1, 1000),
    '12',
  ),
  'portal.otp.per-router': setting(
    'codes that go out from one router in a day',
    whole('codes', 1, 100_000),
    '300',
  ),
  'portal.otp.cooldown-seconds': setting(
    'between two codes to one number, or for one phone',
    whole('seconds', 15, 3600),
    '60',
  ),
  'portal.otp.number': setting(
    'number that citizens send a word to, instead of getting a code; unset: not offered',
    messengerNumber,
    null,
  ),
  'portal.grace.minutes': setting(
    'network for messengers only while a code is waited for; 0: none',
    whole('minutes', 0, 5),
    '4',
  ),
  'portal.grace.kbps': setting('rate of that pass', whole('kbps', 32, 1024), '128'),
  'portal.grace.per-phone': setting(
    'such passes that a number gets in a day',
    whole('passes', 0, 50),
    '3',
  ),
  'portal.grace.per-mac': setting(
    'such passes that a phone gets in a day',
    whole('passes', 0, 50),
    '3',
  ),
  'portal.grace.per-address': setting(
    'such passes that one address gets in a day, whatever it says it is',
    whole('passes', 0, 1000),
    '4',
  ),
  'portal.grace.per-router': setting(
    'such passes that one router gives in a day',
    whole('passes', 0, 100_000),
    '200',
  ),
} satisfies Readonly<Record<string, Setting>>;
