/**
 * Requests of people and of those who mean ill: to any route with fields in order, hostile or of any kind; or
 * on from a page that the portal has answered, with one field spoilt now and then.
 */
import fc from 'fast-check';
import { readPage } from '../../../simulator/phones/page.ts';
import type { Everything, Known, Phone } from './everything.ts';
import { HOSTILE } from './hostile.ts';
import type { Live, Step } from './live.ts';
import {
  type Answer,
  encode,
  FIELDS,
  FORM,
  FORMS,
  percent,
  ROUTES,
  type Route,
  type Sent,
} from './routes.ts';

type Fields = readonly (readonly [name: string, value: string])[];

interface Fresh {
  readonly kind: 'fresh';
  readonly route: Route;
  readonly method: string;
  readonly segment: string;
  readonly query: Fields;
  readonly form: Fields;
  readonly from: string;
  readonly hasQuery: boolean;
}

interface Further {
  readonly kind: 'further';
  readonly pick: number;
  /** Null for the name: one of the fields that the page leaves open. */
  readonly spoilt: readonly [name: string | null, value: string] | null;
}

/** What is asked; what is sent depends on what the portal has answered so far. */
export type Wish = (Fresh | Further) & { readonly headers: Readonly<Record<string, string>> };

export interface Written {
  readonly route: Route;
  readonly sent: Sent;
  /** E.164 without `+`, when one was typed now or before. */
  readonly number: string | null;
  /** Whether it goes on from a page. */
  readonly further: boolean;
}

const ANYWHERE: Route = { method: 'GET', path: '/no-such-page' };
/** Of GET, those whose inside only some get to see. */
const HARD = ROUTES.filter(
  ({ method, path }) =>
    method === 'GET' &&
    /^\/(?:hooks|(?:otp|register)\/(?:go|link)|blocked|capport|welcome|oidc|v\/|account)/.test(
      path,
    ),
);
const PROBE: Route = { method: 'GET', path: '/generate_204' };
/** What a handler needs that is in no form. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  'POST /hooks/otp/:gateway': ['sender', 'message', 'key'],
  'GET /hooks/otp/:gateway': ['hub.mode', 'hub.verify_token', 'hub.challenge'],
  'GET /blocked': ['name'],
};

export function wishes(everything: Everything): fc.Arbitrary<Wish> {
  return fc.oneof(
    { weight: 3, arbitrary: freshWish(everything) },
    { weight: 2, arbitrary: furtherWish(everything.known) },
  );
}

function freshWish({ known, phones, accounts }: Everything): fc.Arbitrary<Wish> {
  const posts = ROUTES.filter(({ method }) => method === 'POST');
  const route = fc.oneof(
    ...[posts, HARD, [...ROUTES, ANYWHERE, PROBE]].map((some) => fc.constantFrom(...some)),
  );
  const online = fc.constantFrom(...phones.filter((one) => one.online));
  const offline = fc.constantFrom(...phones.filter((one) => !one.online));
  const parameters = (to: Route, phone: Phone): fc.Arbitrary<Fields> => {
    const more = fc.array(anyField(known), { maxLength: 2 });
    const parts = fc.tuple(whereFrom(known, phone), typedInto(known, accounts, to), more);
    return parts.map((all) => all.flat());
  };
  return fc.tuple(route, fc.oneof(online, offline)).chain(([to, phone]) =>
    fc.record({
      kind: fc.constant('fresh' as const),
      route: fc.constant(to),
      method: fc.oneof(
        { weight: 12, arbitrary: fc.constant(to.method) },
        { weight: 1, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS') },
      ),
      segment: segmentOf(known, to, phone),
      query: parameters(to, phone),
      form: parameters(to, phone),
      from: fc.oneof(
        { weight: 6, arbitrary: fc.constant(phone.from) },
        { weight: 1, arbitrary: fc.nat(60_000).map((n) => `127.64.${n >> 8}.${n & 255}`) },
      ),
      hasQuery: fc.nat(7).map((n) => n === 0),
      headers: seldomHeaders,
    }),
  );
}

function furtherWish(known: Known): fc.Arbitrary<Wish> {
  return fc.record({
    kind: fc.constant('further' as const),
    pick: fc.nat(),
    spoilt: fc.oneof(
      { weight: 4, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: anyField(known) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(...HOSTILE).map((text): [null, string] => [null, text]),
      },
    ),
    headers: seldomHeaders,
  });
}

/** A value in order, a hostile one, or anything. */
function anyValue(known: Known, name: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...(known[name] ?? ['1', 'yes', 'on'])) },
    { weight: 2, arbitrary: fc.constantFrom(...HOSTILE) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  );
}

function pairOf(known: Known, name: string): fc.Arbitrary<[string, string]> {
  return anyValue(known, name).map((value) => [name, value]);
}

function anyField(known: Known): fc.Arbitrary<[string, string]> {
  return fc.constantFrom(...FIELDS).chain((name) => pairOf(known, name));
}

function whereFrom(known: Known, phone: Phone): fc.Arbitrary<Fields> {
  const names = ['router', 'mac', 'ip', 'link-login-only'];
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(redirectOf(phone)) },
    { weight: 1, arbitrary: fc.tuple(...names.map((name) => pairOf(known, name))) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
}

/** The fields of one form of this path, or of any where it has none. */
function typedInto(
  known: Known,
  accounts: Everything['accounts'],
  { method, path }: Route,
): fc.Arbitrary<Fields> {
  const own = FORMS.filter(({ action }) => action === path).map(({ names }) => names);
  const besides = BESIDES[`${method} ${path}`];
  const forms = besides === undefined ? own : [...own, besides];
  const all = forms.length > 0 ? forms : FORMS.map(({ names }) => names);
  const fields = fc
    .constantFrom(...all)
    .chain((names) => fc.tuple(...names.map((name) => pairOf(known, name))));
  if (path !== '/login') return fields;
  const agreed = ['boxes', 'terms', 'data'].map((box): [string, string] => [box, '1']);
  const account = fc
    .constantFrom(...accounts)
    .map(([name, word]): Fields => [...agreed, ['username', name], ['password', word]]);
  return fc.oneof(fields, account);
}

function redirectOf({ router, mac, from }: Phone): Fields {
  const link = `http://${router.loginHost}/login`;
  return Object.entries({ router: router.name, mac, ip: from, 'link-login-only': link });
}

function segmentOf(known: Known, { path }: Route, { router }: Phone): fc.Arbitrary<string> {
  const good = path.startsWith('/v/')
    ? anyValue(known, 'scan')
    : fc.constantFrom(...(path.startsWith('/hooks/') ? ['fonnte', 'whatsapp'] : [router.name]));
  return fc.oneof(
    { weight: 6, arbitrary: good },
    { weight: 1, arbitrary: anyValue(known, 'voucher') },
  );
}

const headers = fc.dictionary(
  fc.constantFrom(
    ...['Cookie', 'Origin', 'Referer', 'Accept-Language', 'Accept-Encoding', 'User-Agent', 'Host'],
    ...['X-Forwarded-For', 'X-Forwarded-Host', 'Forwarded', 'Accept', 'Content-Type'],
  ),
  fc.oneof(
    fc.constantFrom(...HOSTILE.map((text) => text.replaceAll(/[^\x20-\x7e]/g, '?'))),
    fc.constantFrom('id-ID', 'gzip', 'null', 'application/json', 'text/plain'),
  ),
  { maxKeys: 3 },
);

const seldomHeaders: fc.Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: headers },
);

interface World {
  readonly live: Live;
  readonly everything: Everything;
  readonly origin: string;
}

/** Null while there is nothing to go on from. */
export function write(wish: Wish, world: World): Written | null {
  return wish.kind === 'fresh' ? writeFresh(wish, world) : writeFurther(wish, world);
}

function writeFresh(wish: Wish & Fresh, { origin }: World): Written {
  const { route, method, segment, query, form, from, hasQuery } = wish;
  const posts = method === 'POST' || method === 'PUT';
  const path = route.path.replaceAll(/:\w+/g, () => percent(segment));
  const asked = !posts || hasQuery || path.startsWith('/hooks/');
  return {
    route: { path, method },
    sent: {
      method,
      path: asked ? `${path}?${encode(query)}` : path,
      headers: posts ? { 'Content-Type': FORM, Origin: origin, ...wish.headers } : wish.headers,
      body: posts ? encode(form) : null,
      from,
    },
    number: posts ? numberIn(form) : null,
    further: false,
  };
}

function writeFurther(wish: Wish & Further, { live, everything, origin }: World): Written | null {
  const step = live.step(wish.pick);
  if (step === null) return null;
  const { method, from, fields, number } = step;
  const [page = '', query = ''] = step.path.split('?');
  const path = wish.pick % 2 === 0 ? page : nearby(step);
  const route = { method, path };
  if (method === 'GET') {
    const name = wish.spoilt?.[0] ?? null;
    const twisted = name === null ? query : `${query}&${encode([[name, wish.spoilt![1]]])}`;
    const sent = { method, path: `${path}?${twisted}`, headers: wish.headers, body: null, from };
    return { route, sent, number, further: true };
  }
  const typed = filledIn(step, wish.pick, live, everything);
  const values = new Map([...fields, ...typed]);
  if (wish.spoilt !== null) {
    const [name, value] = wish.spoilt;
    const open = typed[wish.pick % typed.length]?.[0];
    values.set(name ?? open ?? 'lang', value);
  }
  const headers = { 'Content-Type': FORM, Origin: origin, ...wish.headers };
  const sent = { method, path, headers, body: encode([...values]), from };
  return { route, sent, number: numberIn([...values]) ?? number, further: true };
}

/** As a browser goes where it is led, while that is ours; and here and there somebody changes the language. */
export function follow(written: Written, answer: Answer, origin: string): Written | null {
  const { sent, number, further } = written;
  const to = answer.location ?? otherLanguage(answer, origin + sent.path);
  const url = to === null ? null : URL.parse(to, origin);
  if (url?.origin !== origin) return null;
  const path = url.pathname + url.search;
  return {
    route: { method: 'GET', path: url.pathname },
    sent: { method: 'GET', path, headers: {}, body: null, from: sent.from },
    number,
    further,
  };
}

/** Of a page whose visit has a secret. */
function otherLanguage({ type, body }: Answer, url: string): string | null {
  if (!type.startsWith('text/html') || body.length % 2 === 0) return null;
  return readPage(body, url).links.find((link) => link.includes('ticket=')) ?? null;
}

/** With the same secret: what a page offers a while later only, or leads on to by itself. */
function nearby({ method, path }: Step): string {
  const page = path.split('?')[0]!;
  if (method === 'POST') return page.replace(/^\/(otp|register)\/code$/, '/$1/again');
  return path.includes('ticket=') ? page.replace(/^\/(otp|register)$/, '/$1/go') : page;
}

/** What a person types into the fields that the page leaves open. */
function filledIn(
  step: Step,
  pick: number,
  live: Live,
  { known, phones, accounts }: Everything,
): Fields {
  const open = [...step.fields].filter(([, value]) => value === '').map(([name]) => name);
  const who = phones.find(({ from, online }) => online && from === step.from);
  const own = who?.phone?.slice(1) ?? null;
  return open.map((name): [string, string] => {
    const values = known[name] ?? ['1'];
    const value = values[pick % values.length]!;
    if (name === 'code') return [name, live.codeOf(step.number) ?? value];
    if (name === 'secret') return [name, who?.secret ?? live.codeOf(own) ?? value];
    if (name === 'username') return [name, accounts[pick % accounts.length]![0]];
    return [name, value];
  });
}

/** As gateways are told it. */
function numberIn(fields: Fields): string | null {
  const typed = fields.findLast(([name]) => name === 'phone' || name === 'guardian')?.[1] ?? '';
  const digits = typed.replaceAll(/\D/g, '').replace(/^(?:62|0)/, '');
  return /^8\d{8,10}$/.test(digits) ? `62${digits}` : null;
}
