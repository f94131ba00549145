/**
 * Any gateway that takes one HTTPS request, as configured: address, headers and body with `{to}`, `{code}`,
 * `{text}`, `{link}`, `{locale}`, `{key}` and `{secret}`. In a JSON body a value is escaped as JSON, else as
 * a form; in headers line breaks are taken away. The address has no placeholders: addresses are logged.
 */
import {
  accepted,
  at,
  digits,
  type GatewayRequest,
  type Kind,
  readObject,
  readStatus,
  refused,
} from './gateway.ts';

const PLACEHOLDER = /\{(to|code|text|link|locale|key|secret)\}/g;

type Escape = (value: string) => string;

export const generic: Kind<'http'> = {
  request: ({ method, url, headers, body, secret }, message): GatewayRequest => {
    const values: Readonly<Record<string, string>> = {
      to: digits(message.to),
      code: message.code,
      text: message.text,
      link: message.link ?? '',
      locale: message.locale,
      key: message.idempotencyKey,
      secret,
    };
    const fill = (template: string, into: Escape): string =>
      template.replaceAll(PLACEHOLDER, (_match, name: string) =>
        into(values[name]!.toWellFormed()),
      );
    const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type');
    return {
      method,
      url,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, fill(value, inHeader)]),
      ),
      body: fill(body, /json/i.test(type?.[1] ?? '') ? inJson : encodeURIComponent),
    };
  },
  read: ({ status, body }, { success, idPath }) => {
    if (!success.statuses.includes(status)) return readStatus(status) ?? refused('refused');
    const answer = readObject(body);
    if (success.path !== undefined) {
      if (answer === null) return refused('garbage');
      const value = at(answer, success.path);
      const right =
        success.equals === undefined
          ? value !== undefined && value !== null && value !== false
          : String(value) === success.equals;
      if (!right) return refused('refused');
    }
    return accepted(idPath === undefined ? null : at(answer, idPath));
  },
};

const inJson: Escape = (value) => JSON.stringify(value).slice(1, -1);
const inHeader: Escape = (value) => value.replaceAll(/[^\x20-\x7e]/g, '');
