/**
 * Whatever people type or carry, right or wrong, on every route of the portal, online or not, with codes that
 * really come: nothing of it is in the log, however talkative, or in the metrics; and what is secret or says who
 * somebody is stands in no byte of the store's files. The service is a process of its own, so that its own log
 * is read.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPage } from '../../../simulator/phones/page.ts';
import { openStore } from '../../../store/open.ts';
import { type ServeProcess, serveProcess } from '../../fixtures/serve-process.ts';
import { type Everything, type Phone, seedEverything, WEBHOOK_KEY } from './everything.ts';
import { type Answer, encode, FORM, FORMS, ROUTES, type Route, send } from './routes.ts';
import { type Outside, prepareService } from './service.ts';

const AGREED = ['boxes', 'terms', 'data'];
/** Of one who agrees and is of age. */
const TYPED: Readonly<Record<string, string>> = {
  boxes: '1',
  terms: '1',
  data: '1',
  minor: '',
  name: 'Zubaidah Qomariah',
  nik: '1606014107950003',
  code: '483 920',
  guardian: '0813 9876 5432',
  phone: '0812 3456 7890',
};
const REGISTERS = { phone: '0821 7788 9900', password: 'gelas kuning penuh 3' };
const NEW_PASSWORD = 'sepeda tua di teras';
const NEW_NUMBER = '0857 6655 4433';
const CLICKS = 'Marhamah Sulastri';

let folder: string;
let outside: Outside;
let serve: ServeProcess;
let everything: Everything;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartwifi-personal-'));
  outside = await prepareService(folder, 'trace');
  const { store } = await openStore(outside.store);
  everything = await seedEverything(store);
  await store[Symbol.asyncDispose]();
  const ca = join(folder, 'gateway.pem');
  await writeFile(ca, outside.gateway.ca);
  serve = await serveProcess(['portal', 'radius'], { cwd: folder, file: outside.file, ca });
}, 60_000);
afterAll(async () => {
  await serve?.[Symbol.asyncDispose]();
  await outside[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A phone whose browser keeps nothing but the page before it. */
class Visitor {
  readonly #phone: Phone;
  #page: Answer | null = null;

  constructor(phone: Phone) {
    this.#phone = phone;
  }

  get redirect(): Record<string, string> {
    const { router, mac, from } = this.#phone;
    const link = `http://${router.loginHost}/login`;
    return { router: router.name, mac, ip: from, 'link-login-only': link };
  }

  async ask(method: string, path: string, body: string | null = null): Promise<Answer> {
    const headers: Record<string, string> =
      method === 'POST' ? { 'Content-Type': FORM, Origin: outside.origin } : {};
    const sent = { method, path, headers, body, from: this.#phone.from };
    let answer = await send(outside.origin, sent);
    const url = answer.location === null ? null : URL.parse(answer.location, outside.origin);
    if (answer.status === 303 && url?.origin === outside.origin) {
      answer = await this.ask('GET', url.pathname + url.search);
    }
    this.#page = answer;
    return answer;
  }

  async open(path: string): Promise<Answer> {
    return this.ask('GET', `${path}?${encode(Object.entries(this.redirect))}`);
  }

  /** Sends the form of the page that leads there, with this typed into it. */
  async fill(action: string, typed: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const { forms } = readPage(this.#page?.body ?? '', outside.origin);
    const form = forms.find((one) => {
      const fits = Object.keys(typed).every((name) => one.fields.has(name) || one.boxes.has(name));
      return fits && new URL(one.action).pathname === action;
    });
    if (form === undefined) throw new Error(`no form ${action} on ${this.#page?.body}`);
    const fields = { ...Object.fromEntries(form.fields), ...typed };
    return this.ask('POST', action, encode(Object.entries(fields)));
  }
}

/** Free ones of the routers that give no passes, each once. */
const visitors = (() => {
  let next = 0;
  return (): Visitor => {
    const free = everything.phones.filter(
      (one) => !one.online && one.router.provisioning === 'new',
    );
    next += 1;
    return new Visitor(free[next]!);
  };
})();

function online(which: (phone: Phone) => boolean): Visitor {
  return new Visitor(everything.phones.find((one) => one.online && which(one))!);
}

/** The last message of the gateway. */
function lastCode(): string {
  const body = new URLSearchParams(outside.gateway.received.at(-1)!.body);
  return /\b\d{6}\b/.exec(body.get('message') ?? '')![0];
}

function typedInto(name: string, right: boolean): string {
  const value = TYPED[name] ?? everything.known[name]?.[0] ?? '1';
  return right || AGREED.includes(name) ? value : value.replaceAll(/[a-z0-9](?=[a-z0-9]*$)/gi, 'x');
}

/** Each form of this path once as it should be and once with a slip, twice in a row as a double tap does. */
async function tryAll({ method, path }: Route, visitor: Visitor): Promise<number[]> {
  const to = path.replaceAll(/:\w+/g, () => encodeURIComponent(typedInto('voucher', true)));
  const forms = FORMS.filter(({ action }) => action === path).map(({ names }) => names);
  const statuses: number[] = [];
  for (const names of forms.length === 0 ? [[]] : forms) {
    for (const right of [true, false, false]) {
      const typed = [...new Set([...AGREED, ...names])];
      const text = encode([
        ...Object.entries(visitor.redirect),
        ...typed.map((name): [string, string] => [name, typedInto(name, right)]),
      ]);
      const answer =
        method === 'POST'
          ? await visitor.ask('POST', to, text)
          : await visitor.ask(method, `${to}?${text}`);
      statuses.push(answer.status);
    }
  }
  return statuses;
}

/** Ways that end with somebody online, or with something changed; the status of each end. */
const LIVES: Readonly<Record<string, () => Promise<Answer>>> = {
  'a code': async () => {
    const visitor = visitors();
    await visitor.open('/');
    await visitor.fill('/otp', { phone: TYPED.phone! });
    await visitor.fill('/otp/code', { code: '000 000' });
    await visitor.fill('/otp/code', { code: lastCode() });
    return visitor.fill('/consent', { terms: '1', data: '1' });
  },
  'a link': async () => {
    const visitor = visitors();
    await visitor.open('/');
    await visitor.fill('/otp', { phone: '0813 2211 0099' });
    const text = new URLSearchParams(outside.gateway.received.at(-1)!.body).get('message')!;
    const link = new URL(/https?:\/\/\S+/.exec(text)![0]);
    await visitor.ask('GET', link.pathname + link.search);
    await visitor.fill('/otp/link');
    return visitor.fill('/consent', { terms: '1', data: '1' });
  },
  'a card, for a child': async () => {
    const visitor = visitors();
    await visitor.open('/');
    await visitor.fill('/login', { voucher: everything.known.voucher![4]!, minor: '1' });
    await visitor.fill('/consent', { guardian: TYPED.guardian!, minor: '1' });
    return visitor.fill('/consent', { code: lastCode(), minor: '1' });
  },
  registration: async () => {
    const visitor = visitors();
    await visitor.open('/register');
    const { name, nik } = TYPED as { name: string; nik: string };
    await visitor.fill('/register', { ...REGISTERS, name, nik });
    await visitor.fill('/register/code', { code: lastCode() });
    return visitor.fill('/consent', { terms: '1', data: '1' });
  },
  'a word that is sent': async () => {
    const visitor = visitors();
    await visitor.open('/otp');
    const page = await visitor.fill('/otp/message');
    const word = /<strong class="code">([^<]+)</.exec(page.body)![1]!;
    const message = encode([
      ['sender', '6281999888777'],
      ['message', word],
    ]);
    await visitor.ask('POST', `/hooks/otp/fonnte?key=${WEBHOOK_KEY}`, message);
    await visitor.open('/otp/go');
    return visitor.fill('/consent', { terms: '1', data: '1' });
  },
  'a card': async () => {
    const visitor = visitors();
    await visitor.open('/');
    const voucher = everything.known.voucher![1]!;
    return visitor.fill('/login', { voucher, terms: '1', data: '1' });
  },
  'a card’s QR': async () => visitors().ask('GET', `/v/${everything.known.scan![2]!}`),
  'an account': async () => {
    const visitor = visitors();
    await visitor.open('/');
    const [username, password] = everything.accounts.find(([name]) => name.startsWith('siti'))!;
    return visitor.fill('/login', { username, password, terms: '1', data: '1' });
  },
  'an officer’s password': async () => {
    const visitor = visitors();
    await visitor.open('/');
    const [username, password] = everything.accounts[0]!;
    await visitor.fill('/login', { username, password, terms: '1', data: '1' });
    return visitor.fill('/choose', { password: NEW_PASSWORD });
  },
  'one’s own account': async () => {
    const visitor = online(({ phone, secret }) => phone !== null && secret !== null);
    await visitor.open('/account');
    await visitor.fill('/account/topup', { voucher: everything.known.voucher![3]! });
    await visitor.open('/account/data');
    await visitor.fill('/account/name', { name: CLICKS });
    const secret = everything.known.secret![0]!;
    await visitor.fill('/account/export', { secret });
    await visitor.open('/account/number');
    await visitor.fill('/account/number', { phone: NEW_NUMBER, secret });
    await visitor.fill('/account/number', { code: lastCode() });
    await visitor.open('/account');
    return visitor.fill('/account/password', { secret, password: NEW_PASSWORD });
  },
  'a code to the own number': async () => {
    const visitor = online(({ phone, secret }) => phone !== null && secret === null);
    await visitor.open('/account/data');
    await visitor.fill('/account/code');
    return visitor.fill('/account/withdraw', { secret: lastCode() });
  },
};

/** As it was typed, as it is read, and in the forms of the field. */
function formsOf(text: string): string[] {
  const plain = text.replaceAll(/[\s:-]/g, '');
  const national = /^(?:0|\+62)(8\d{7,})$/.exec(plain)?.[1];
  const all = [
    text,
    plain,
    encodeURIComponent(text),
    ...(national === undefined ? [] : [national]),
  ];
  return [...new Set(all.map((form) => form.toLowerCase()))];
}

/** Digits of a code stand in times and in keys by chance: between other characters they are none. */
function stands(text: string, within: string): boolean {
  if (!/^\d{6}$/.test(text)) return within.includes(text);
  return new RegExp(`(?<![\\w.-])${text}(?![\\w.-])`).test(within);
}

function secretsOf({ known, accounts, phones }: Everything): string[] {
  const sent = outside.gateway.received.map(({ body }) => new URLSearchParams(body));
  return [
    ...['phone', 'name', 'nik', 'guardian'].map((name) => TYPED[name]!),
    ...['voucher', 'password', 'phone', 'name', 'nik', 'guardian'].map((name) =>
      typedInto(name, false),
    ),
    ...known.voucher!.slice(0, 5),
    ...[REGISTERS.phone, REGISTERS.password, NEW_PASSWORD, NEW_NUMBER, CLICKS],
    ...accounts.map(([, password]) => password),
    ...phones.flatMap(({ phone, secret }) => [phone ?? [], secret ?? []].flat()),
    ...sent.flatMap((fields) => [
      fields.get('target')!.replace(/^62/, '0'),
      ...(fields.get('message')!.match(/\b\d{6}\b|(?<=[?&]k=)[\w-]+/g) ?? []),
    ]),
  ];
}

it('is in no line of the log, in no metric, and what is secret in no byte of the store', async () => {
  // First, while each number may still get a code.
  const ends: Record<string, number> = {};
  for (const [life, live] of Object.entries(LIVES)) ends[life] = (await live()).status;
  expect(ends).toEqual({
    ...Object.fromEntries(Object.keys(LIVES).map((life) => [life, 303])),
    'one’s own account': 200,
    'a code to the own number': 200,
  });
  for (const visitor of [visitors(), online(({ phone }) => phone === null)]) {
    for (const route of ROUTES) {
      const statuses = await tryAll(route, visitor);
      expect([route, statuses.filter((status) => status >= 500)]).toEqual([route, []]);
    }
  }
  const metrics = await (await fetch(`http://127.0.0.1:${serve.ports.metrics}/metrics`)).text();
  const secret = [...new Set(secretsOf(everything).flatMap(formsOf))];
  const carried = everything.phones.flatMap(({ mac, from }) => [...formsOf(mac), from]);
  const personal = [...secret, ...carried, ...everything.accounts.map(([name]) => name)];
  const said = serve.said().toLowerCase();
  const heard = personal.filter(
    (text) => stands(text, said) || stands(text, metrics.toLowerCase()),
  );
  const files = (await readdir(folder)).filter((name) => name.startsWith('store.db'));
  const bytes = await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')));
  const kept = bytes.join('\n').toLowerCase();

  expect(metrics).toMatch(/smartwifi_portal_logins_total\{result="accepted"\} [1-9]/);
  expect(metrics).toMatch(/smartwifi_portal_otp_codes_total\{result="right"\} [1-9]/);
  expect(said).toContain('portal listens');
  expect(heard).toEqual([]);
  // What the store does keep is found by the same search.
  expect(files).toContain('store.db-wal');
  expect(stands(everything.phones[0]!.router.name, kept)).toBe(true);
  expect(secret.length).toBeGreaterThan(50);
  expect(secret.filter((text) => stands(text, kept))).toEqual([]);
}, 120_000);
