/** Wablas: `POST /api/send-message`. Its variant with the token in the address is not used: addresses are logged. */
import {
  accepted,
  at,
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

const REASONS: readonly (readonly [RegExp, Refusal])[] = [
  [/token|unauthori|secret|ip address/i, 'credentials'],
  [/quota|limit|expired|package/i, 'limit'],
  [/disconnect|device|not connected/i, 'disconnected'],
  [/phone|number|message/i, 'message'],
];

export const wablas: Kind<'wablas'> = {
  request: ({ origin, secret }, { to, text }) => ({
    method: 'POST',
    url: `${origin}/api/send-message`,
    headers: { ...FORM, Authorization: secret },
    body: formBody({ phone: digits(to), message: text, isGroup: 'false' }),
  }),
  read: ({ status, body }) => {
    const answer = readObject(body);
    // Its 500 says in `message` what was wrong with the account.
    const known = refusalIn(answer?.message, REASONS);
    if (answer?.status === false && known !== null) return refused(known);
    const failed = readStatus(status);
    if (failed !== null) return failed;
    if (answer?.status === true) return accepted(at(answer, 'data.messages.0.id'));
    return refused(answer?.status === false ? 'refused' : 'garbage');
  },
};
