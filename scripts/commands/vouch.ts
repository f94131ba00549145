/** A village's officer vouches for a person, who gets an account with a first password. */

import { realClock } from '../../lib/clock.ts';
import { toMobileE164 } from '../../settings/phone-number.ts';
import { placeOf, resolveSettings } from '../../settings/resolve.ts';
import type { Store } from '../../store/contract.ts';
import type { Village } from '../../store/types.ts';
import { type Command, requiredOption, textOption, UsageError, withStore } from '../command.ts';

const LONGEST_NAME = 80;

export const subscriberVouch: Command = {
  summary: 'give a person whom an officer of the village knows an account, with a first password',
  usage: '--village CODE --phone NUMBER --name TEXT --by OFFICER [--tariff NAME]',
  options: {
    village: { type: 'string' },
    phone: { type: 'string' },
    name: { type: 'string' },
    by: { type: 'string' },
    tariff: { type: 'string' },
  },
  run: (context) => {
    const { options } = context;
    const phone = toMobileE164(requiredOption(options, 'phone'));
    if (phone === null) throw new UsageError('--phone is no Indonesian mobile number: 0812…');
    const displayName = lineOf(requiredOption(options, 'name'), '--name');
    const officer = lineOf(requiredOption(options, 'by'), '--by');
    const villageCode = requiredOption(options, 'village');
    return withStore(context, async (store) => {
      const village = await store.village(villageCode);
      if (village === null) throw new UsageError(`there is no village ${villageCode}`);
      const tariff = textOption(options, 'tariff') ?? (await registrarTariff(store, village));
      const at = realClock.now();
      const made = await store.vouchForCitizen({
        phone,
        displayName,
        villageCode,
        tariff,
        officer,
        at,
      });
      if (made === null) {
        throw new UsageError(
          'this number has an account in use, whose password only its holder sets: on the page, by a code to that number',
        );
      }
      const { subscriber, firstPassword } = made;
      const national = `0${phone.slice(3)}`;
      context.print(
        { username: subscriber.username, phone: national, firstPassword, tariff, villageCode },
        slip(displayName, national, firstPassword),
      );
      return 0;
    });
  },
};

/** For the citizen; the password is told this once. */
function slip(name: string, phone: string, password: string): string {
  return [
    `${name}`,
    `Nomor HP / phone number : ${phone}`,
    `Kata sandi / password   : ${password}`,
    'Pilih "Masuk dengan akun" di halaman WiFi desa. Kata sandi ini untuk sekali masuk:',
    'Anda memilih kata sandi sendiri di halaman berikutnya.',
  ].join('\n');
}

async function registrarTariff(
  store: Store,
  { code: villageCode, districtCode }: Village,
): Promise<string> {
  const rows = (await store.settingsAt(villageCode)).flatMap(({ level, code, name, value }) =>
    value === null ? [] : [{ level, code, name, value }],
  );
  const place = placeOf({ villageCode, districtCode });
  const tariff = resolveSettings(rows, place).get('portal.tariff.registrar');
  if (tariff !== null) return tariff;
  throw new UsageError(
    `give --tariff, or set it for the village: smartwifi setting set portal.tariff.registrar NAME --village ${villageCode}`,
  );
}

function lineOf(text: string, option: string): string {
  const line = text.trim();
  if (line === '' || line.length > LONGEST_NAME || /\p{C}/u.test(line)) {
    throw new UsageError(`${option} is a line of at most ${LONGEST_NAME} characters`);
  }
  return line;
}
