/**
 * Verihubs, WhatsApp OTP: 201 with a session's id. Our code is given along, so that it is checked here
 * and not there. 409: a message to this number is on its way already.
 */
import {
  accepted,
  digits,
  JSON_BODY,
  type Kind,
  readObject,
  readStatus,
  refused,
} from './gateway.ts';

/** Life of a code, which Verihubs only shows. */
const TIME_LIMIT = '300';

export const verihubs: Kind<'verihubs'> = {
  request: ({ origin, appId, secret }, { to, code, locale, idempotencyKey }) => ({
    method: 'POST',
    url: `${origin}/v1/whatsapp/otp/send`,
    headers: {
      ...JSON_BODY,
      'App-ID': appId,
      'API-Key': secret,
      'Idempotency-Key': idempotencyKey,
    },
    body: JSON.stringify({
      msisdn: digits(to),
      otp: code,
      content: [code],
      lang_code: locale,
      time_limit: TIME_LIMIT,
    }),
  }),
  read: ({ status, body }) => {
    if (status === 409) return refused('message');
    const failed = readStatus(status);
    if (failed !== null) return failed;
    const answer = readObject(body);
    return answer?.session_id === undefined ? refused('garbage') : accepted(answer.session_id);
  },
};
