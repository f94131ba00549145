/** Fonnte: `POST /send` with the token as it is. It answers 200 to nearly everything; `status` decides. */
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
  [/token/i, 'credentials'],
  [/quota|limit/i, 'limit'],
  [/disconnect|device/i, 'disconnected'],
  [/target|number|message|input/i, 'message'],
];

export const fonnte: Kind<'fonnte'> = {
  request: ({ origin, secret }, { to, text }) => ({
    method: 'POST',
    url: `${origin}/send`,
    headers: { ...FORM, Authorization: secret },
    body: formBody({ target: digits(to), message: text, countryCode: '62' }),
  }),
  read: ({ status, body }) => {
    const failed = readStatus(status);
    if (failed !== null) return failed;
    const answer = readObject(body);
    if (answer?.status === true) return accepted(at(answer, 'id.0') ?? answer.id);
    if (answer?.status !== false) return refused('garbage');
    return refused(refusalIn(answer.reason ?? answer.detail, REASONS) ?? 'refused');
  },
};
