/**
 * Whatever a phone sends to any route of the portal (parameters, forms, headers, cookies), the whole service
 * answers without a fault, shows nothing of it as markup, and leads nowhere but to itself and the phone's router.
 * Routes and fields are read from the portal's sources, so that a new one is tried too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes as Dom, defaultTreeAdapter, parse } from 'parse5';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../../config/load.ts';
import { type Service, startService } from '../../../scripts/serve/serve.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { newRouter, newTariff, village } from '../../fixtures/rows.ts';
import { ALIEN, HOSTILE } from './hostile.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const FORM = 'application/x-www-form-urlencoded';
interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly from: string;
}

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly setCookie: boolean;
  readonly headers: IncomingHttpHeaders;
  readonly type: string;
  readonly body: string;
}

let service: Service;
let folder: string;
let origin: string;
let known: Readonly<Record<string, readonly string[]>>;
const agent = new Agent({ keepAlive: false });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartwifi-fuzz-'));
  const file = join(folder, 'smartwifi.yaml');
  const any = '127.0.0.1:0';
  const text = stringify({
    store: `sqlite:${join(folder, 'store.db')}`,
    keyFile: join(folder, 'store.key'),
    portal: { listen: any, publicUrl: 'http://127.0.0.1:0' },
    radius: { auth: any, acct: any },
    metrics: { listen: any },
    log: { level: 'silent' },
  });
  await writeFile(file, text);
  const config = loadConfig({ file, cwd: folder, env: {} });
  service = await startService({ config, roles: ['portal', 'radius'] });
  origin = `http://127.0.0.1:${service.ports.portal}`;
  known = await seed(service);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A village that offers everything, with values of each kind that are in order. */
async function seed({ store }: Service): Promise<typeof known> {
  const at = Date.now();
  await store.importVillages({ villages: [village], at });
  const router = await store.addRouter({ ...newRouter, at });
  const tariff = await store.createTariff({ ...newTariff, at });
  const settings = {
    'portal.ways': 'voucher,account,click,otp,oidc',
    'portal.tariff.click': tariff.name,
    'portal.tariff.otp': tariff.name,
    'portal.tariff.self': tariff.name,
  };
  for (const [name, value] of Object.entries(settings)) {
    const place = { level: 'village', code: village.code } as const;
    await store.setSetting({ ...place, name, value, secret: false, at });
  }
  const cards = await store.createVouchers({
    tariff: tariff.name,
    count: 20,
    villageCode: null,
    batch: 'fuzz',
    at,
  });
  await store.importSubscribers({
    subscribers: [
      { username: 'siti', password: 'rahasia-1', tariff: tariff.name, villageCode: null },
    ],
    at,
  });
  return {
    router: [router.name],
    mac: Array.from({ length: 200 }, (_, i) => `AA:BB:CC:00:00:${(i + 16).toString(16)}`),
    ip: ['127.64.0.20'],
    'link-login-only': [
      `http://${router.loginHost}/login`,
      `http://${router.hotspotAddress}/login`,
    ],
    error: ['SW-QUOTA kuota habis', 'RADIUS server is not responding'],
    lang: ['id', 'en'],
    voucher: cards.map(({ code }) => code),
    username: ['siti', '0812 3456 7890'],
    password: ['rahasia-1'],
    phone: ['0812 3456 7890'],
    name: ['example.com'],
  };
}

function sources(directory: string, ending: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

const PORTAL = sources('portal', '.ts');
const ROUTES = [
  ...new Set(PORTAL.flatMap((text) => [...text.matchAll(/\bapp\.(get|post)\(\s*'([^']+)'/g)])),
].map(([, method, path]) => ({ method: method!.toUpperCase(), path: path! }));
/** Fields that stand in one template belong together, and go where its form goes. */
const FORMS = sources('views', '.ejs')
  .map((text) => ({
    action: /<form\b[^>]*\baction="([^"]+)"/.exec(text)?.[1] ?? null,
    names: [
      ...new Set(
        [...text.matchAll(/<(?:input|button|select|textarea)\b[^>]*\bname="([a-z][\w-]*)"/g)].map(
          ([, name]) => name!,
        ),
      ),
    ],
  }))
  .filter(({ names }) => names.length > 0);
const FIELDS = [
  ...new Set([
    ...PORTAL.flatMap((text) => [...text.matchAll(/\b\w+\.get\('([a-z][\w-]*)'\)/g)]).map(
      ([, name]) => name!,
    ),
    ...FORMS.flatMap(({ names }) => names),
  ]),
];

/** A value in order, a hostile one, or anything. */
function anyValue(name: string): fc.Arbitrary<string> {
  const good = known[name];
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...(good ?? ['1', 'yes', 'on'])) },
    { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  );
}

/** The redirect, the fields of the form of this path, and a few of any. */
function parameters(path: string): fc.Arbitrary<[string, string][]> {
  const redirect = ['router', 'mac', 'ip', 'link-login-only'];
  const own = FORMS.filter(({ action }) => action === path);
  const pairOf = (name: string): fc.Arbitrary<[string, string]> =>
    anyValue(name).map((value) => [name, value]);
  const inOrder = fc.tuple(
    ...redirect.map((name) =>
      fc.constantFrom(...known[name]!).map((value): [string, string] => [name, value]),
    ),
  );
  const base = fc.oneof(
    { weight: 8, arbitrary: inOrder },
    { weight: 1, arbitrary: fc.tuple(...redirect.map(pairOf)) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
  const form = fc
    .constantFrom(...(own.length > 0 ? own : FORMS))
    .chain(({ names }) => fc.tuple(...names.map(pairOf)));
  const more = fc.array(fc.constantFrom(...FIELDS).chain(pairOf), { maxLength: 2 });
  return fc.tuple(base, form, more).map((parts) => parts.flat());
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
const seldomHeaders = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: headers },
);

function requests(): fc.Arbitrary<Sent> {
  return fc
    .constantFrom(...ROUTES, { method: 'GET', path: '/no-such-page' })
    .chain((route) =>
      fc.record({
        route: fc.constant(route),
        method: fc.oneof(
          { weight: 12, arbitrary: fc.constant(route.method) },
          { weight: 1, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS') },
        ),
        segment: anyValue('voucher'),
        query: parameters(route.path),
        form: parameters(route.path),
        headers: seldomHeaders,
        from: fc.nat(60_000),
      }),
    )
    .map(({ route, method, segment, query, form, headers: extra, from }) => {
      const posts = method === 'POST' || method === 'PUT';
      const path = route.path.replaceAll(/:\w+/g, () => percent(segment));
      return {
        method,
        path: posts && from % 8 > 0 ? path : `${path}?${encode(query)}`,
        headers: posts ? { 'Content-Type': FORM, Origin: origin, ...extra } : extra,
        body: posts ? encode(form) : null,
        from: `127.64.${from >> 8}.${from & 255}`,
      };
    });
}

function encode(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}=${percent(value)}`).join('&');
}

/** Lone surrogates become what a browser makes of them; text that is escaped already stays so. */
function percent(text: string): string {
  if (/^%(?:[0-9a-f]{2}|$)/i.test(text)) return text.replaceAll(/[^\x21-\x7e]/g, '');
  return encodeURIComponent(text.toWellFormed());
}

function send(sent: Sent): Promise<Answer> {
  return new Promise((done, fail) => {
    const outgoing = request(
      origin + sent.path,
      { agent, method: sent.method, headers: sent.headers, localAddress: sent.from },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', fail);
        response.once('end', () => {
          const bytes = Buffer.concat(chunks);
          const zipped = response.headers['content-encoding'] === 'gzip';
          done({
            status: response.statusCode ?? 0,
            location: response.headers.location ?? null,
            setCookie: response.headers['set-cookie'] !== undefined,
            headers: response.headers,
            type: response.headers['content-type'] ?? '',
            body: (zipped ? gunzipSync(bytes) : bytes).toString('utf8'),
          });
        });
      },
    );
    outgoing.once('error', fail);
    outgoing.end(sent.body ?? undefined);
  });
}

function wrongWith({ status, setCookie, location, type, body }: Answer): string[] {
  const alien = type.startsWith('text/html') ? alienIn(body) : null;
  return [
    ...(status < 500 ? [] : [`status ${status}`]),
    ...(setCookie ? ['a cookie'] : []),
    ...(location === null || isOurs(location) ? [] : [`leads to ${location}`]),
    ...(alien === null ? [] : [alien]),
  ];
}

/** What must not be in a page, in words; null when nothing of it is. */
function alienIn(html: string): string | null {
  const walk = (node: Dom.Node): string | null => {
    if (defaultTreeAdapter.isElementNode(node)) {
      if (node.tagName === ALIEN || node.tagName === 'script') return `<${node.tagName}>`;
      for (const { name, value } of node.attrs) {
        if (name === ALIEN || name.startsWith('on')) return `attribute ${name}`;
        const leads = name === 'href' || name === 'action' || name === 'src';
        if (leads && /^\s*javascript:/i.test(value)) return `${name} ${value}`;
        if (leads && /zqj\.example/.test(value) && !/[?&]/.test(value)) return `${name} ${value}`;
        if (name === 'content' && /url=.*zqj\.example/i.test(value)) return `refresh to ${value}`;
      }
    }
    if (!('childNodes' in node)) return null;
    for (const child of node.childNodes) {
      const found = walk(child);
      if (found !== null) return found;
    }
    return null;
  };
  return walk(parse(html));
}

/** Whether a redirect stays with the portal or goes to a servlet of the village's router. */
function isOurs(location: string): boolean {
  const url = new URL(location, origin);
  if (url.origin === origin || url.origin === new URL(origin).origin) return true;
  const routers = known['link-login-only']!.map((link) => new URL(link).host);
  return (
    routers.includes(url.host) && url.username === '' && /^\/log(?:in|out)$/.test(url.pathname)
  );
}

it('reads routes and fields from the sources', () => {
  expect(ROUTES.length).toBeGreaterThan(20);
  expect(FIELDS).toEqual(expect.arrayContaining(['voucher', 'username', 'password', 'lang']));
});

const SHIELDS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
  'origin-agent-cluster': '?1',
};

it.each(ROUTES)(
  '$method $path has its headers, and lets no page be framed or scripted',
  async (route) => {
    const answer = await send({
      ...plain(route),
      headers: { 'Content-Type': FORM, Origin: origin },
    });

    expect(answer.headers).toMatchObject(SHIELDS);
    expect(answer.headers['x-powered-by']).toBeUndefined();
    const policy = String(answer.headers['content-security-policy'] ?? '');
    expect(
      answer.type.startsWith('text/html') ? policy : "default-src 'none'; frame-ancestors 'none'",
    ).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(
      /unsafe|\*|https?:\/\/(?!127\.0\.0\.1|login\.wifi\.home\.arpa|172\.)/,
    );
  },
);

/** Providers sign theirs instead. */
const POSTS = ROUTES.filter(({ method, path }) => method === 'POST' && !path.startsWith('/hooks/'));

it.each(POSTS)('POST $path is refused to a page of another site', async (route) => {
  const foreign = { 'Content-Type': FORM, Origin: 'https://jahat.example' };
  const cross = { 'Content-Type': FORM, 'Sec-Fetch-Site': 'cross-site' };
  const referred = { 'Content-Type': FORM, Referer: 'https://jahat.example/halaman' };

  const statuses = [];
  for (const headers of [foreign, cross, referred])
    statuses.push((await send({ ...plain(route), headers })).status);

  expect(statuses).toEqual([403, 403, 403]);
});

function plain({ method, path }: (typeof ROUTES)[number]): Sent {
  const redirect = ['router', 'mac', 'ip', 'link-login-only'];
  const query = encode(redirect.map((name): [string, string] => [name, known[name]![0]!]));
  const to = path.replaceAll(/:\w+/g, 'kayu-ara-1');
  const posts = method === 'POST';
  return {
    method,
    path: posts ? to : `${to}?${query}`,
    headers: {},
    body: posts ? query : null,
    from: '127.64.250.250',
  };
}

it('answers whatever comes without fault, foreign markup, cookies, or a way to elsewhere', {
  timeout: 1_800_000,
}, async () => {
  const statuses = new Map<number, number>();
  const { numRuns, seed: start } = campaign(100_000);
  await fc.assert(
    fc.asyncProperty(requests(), async (sent) => {
      const answer = await send(sent);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);

      expect(wrongWith(answer)).toEqual([]);
    }),
    { numRuns, seed: start },
  );
  // Not all were turned away at the door.
  expect(statuses.get(200)).toBeGreaterThan(numRuns / 20);
  expect(statuses.get(303)).toBeGreaterThan(numRuns / 50);
});
