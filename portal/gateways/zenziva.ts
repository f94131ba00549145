/** Zenziva: WhatsApp by `wareguler`, SMS by `reguler`; key and passkey travel in the body. */
import {
  accepted,
  digits,
  FORM,
  formBody,
  type Kind,
  type Refusal,
  readObject,
  readStatus,
  refusalIn,
  refused,
} from './gateway.ts';

const PATHS = {
  whatsapp: '/wareguler/api/sendWA/',
  sms: '/reguler/api/sendsms/',
} as const;

const REASONS: readonly (readonly [RegExp, Refusal])[] = [
  [/userkey|passkey|auth/i, 'credentials'],
  [/credit|balance|quota|saldo|expired/i, 'limit'],
  [/connect|device|scan/i, 'disconnected'],
  [/number|nomor|message|to /i, 'message'],
];

export const zenziva: Kind<'zenziva'> = {
  request: ({ origin, userkey, secret, channel }, { to, text }) => ({
    method: 'POST',
    url: origin + PATHS[channel],
    headers: FORM,
    body: formBody({ userkey, passkey: secret, to: digits(to), message: text }),
  }),
  read: ({ status, body }) => {
    const failed = readStatus(status);
    if (failed !== null) return failed;
    const answer = readObject(body);
    if (answer === null || !('status' in answer)) return refused('garbage');
    if (String(answer.status) === '1') return accepted(answer.messageId);
    return refused(refusalIn(answer.text, REASONS) ?? 'refused');
  },
};
