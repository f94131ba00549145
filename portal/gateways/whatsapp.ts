/**
 * WhatsApp Cloud API: a template of the category authentication, in which the code goes twice: into the
 * text, and into the button that copies it. Meta's error codes say more than its statuses.
 */
import {
  accepted,
  at,
  digits,
  JSON_BODY,
  type Kind,
  type Refusal,
  readObject,
  readStatus,
  refused,
} from './gateway.ts';

const CODES: ReadonlyMap<number, Refusal> = new Map([
  [0, 'credentials'],
  [3, 'credentials'],
  [10, 'credentials'],
  [190, 'credentials'],
  [4, 'limit'],
  [80_007, 'limit'],
  [130_429, 'limit'],
  [131_048, 'limit'],
  [131_042, 'limit'],
  [131_026, 'message'],
  // So many to this one number.
  [131_056, 'message'],
  [132_000, 'message'],
  [132_001, 'message'],
]);
/** "Something went wrong", "service unavailable". */
const PASSING = new Set([1, 2, 131_000, 131_016]);

export const whatsapp: Kind<'whatsapp'> = {
  request: ({ origin, version, phoneId, secret, template }, { to, code, locale }) => {
    const parameters = [{ type: 'text', text: code }];
    return {
      method: 'POST',
      url: `${origin}/${version}/${phoneId}/messages`,
      headers: { ...JSON_BODY, Authorization: `Bearer ${secret}` },
      body: JSON.stringify({
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: digits(to),
        type: 'template',
        template: {
          name: template,
          language: { code: locale },
          components: [
            { type: 'body', parameters },
            { type: 'button', sub_type: 'url', index: '0', parameters },
          ],
        },
      }),
    };
  },
  read: ({ status, body }) => {
    const answer = readObject(body);
    const code = at(answer, 'error.code');
    if (typeof code === 'number') {
      if (PASSING.has(code)) return refused('fault', true);
      const known = CODES.get(code);
      if (known !== undefined) return refused(known);
    }
    const failed = readStatus(status);
    if (failed !== null) return failed;
    const id = at(answer, 'messages.0.id');
    return id === undefined ? refused('garbage') : accepted(id);
  },
};
