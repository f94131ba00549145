/**
 * Whatever a phone sends to any route of the portal (parameters, forms, headers, cookies), the whole service
 * answers without a fault, shows nothing of it as markup, and leads nowhere but to itself and the phone's router.
 * Routes and fields are read from the portal's sources, so that a new one is tried too.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes as Dom, defaultTreeAdapter, parse } from 'parse5';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../../config/load.ts';
import { type Service, startService } from '../../../scripts/serve/serve.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { type Known, seedEverything } from './everything.ts';
import { ALIEN, HOSTILE } from './hostile.ts';
import {
  type Answer,
  encode,
  FIELDS,
  FORM,
  FORMS,
  percent,
  ROUTES,
  type Sent,
  send,
} from './routes.ts';

let service: Service;
let folder: string;
let origin: string;
let known: Known;

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
  known = await seedEverything(service.store);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

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
    const answer = await send(origin, {
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
    statuses.push((await send(origin, { ...plain(route), headers })).status);

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
      const answer = await send(origin, sent);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);

      expect(wrongWith(answer)).toEqual([]);
    }),
    { numRuns, seed: start },
  );
  // Not all were turned away at the door.
  expect(statuses.get(200)).toBeGreaterThan(numRuns / 20);
  expect(statuses.get(303)).toBeGreaterThan(numRuns / 50);
});
