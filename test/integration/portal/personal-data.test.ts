/**
 * Whatever people type or carry, right or wrong, on every route of the portal: nothing of it is in the log,
 * however talkative, or in the metrics. The service is a process of its own, so that its own log is read.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openStore } from '../../../store/open.ts';
import { type ServeProcess, serveProcess } from '../../fixtures/serve-process.ts';
import { type Known, seedEverything } from './everything.ts';
import { encode, FORM, FORMS, ROUTES, type Sent, send } from './routes.ts';

const FROM = '127.64.9.9';
const AGREED = ['boxes', 'terms', 'data'];
const REDIRECT = ['router', 'mac', 'ip', 'link-login-only'];
/** Of one who agrees and is of age; `name` is a person's, and on the page of a block a site's. */
const TYPED: Readonly<Record<string, string>> = {
  boxes: '1',
  terms: '1',
  data: '1',
  minor: '',
  name: 'Zubaidah Qomariah',
  nik: '1606014107950003',
  code: '483 920',
  guardian: '0813 9876 5432',
};

let folder: string;
let serve: ServeProcess;
let known: Known;
let origin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartwifi-personal-'));
  const options = {
    store: `sqlite:${join(folder, 'store.db')}`,
    keyFile: join(folder, 'store.key'),
  };
  const { store } = await openStore(options);
  known = await seedEverything(store);
  await store[Symbol.asyncDispose]();
  const any = '127.0.0.1:0';
  const file = join(folder, 'smartwifi.yaml');
  const rest = {
    portal: { listen: any, publicUrl: 'http://127.0.0.1:0' },
    radius: { auth: any, acct: any },
    metrics: { listen: any },
    log: { level: 'trace' },
  };
  await writeFile(file, stringify({ ...options, ...rest }));
  serve = await serveProcess(['portal', 'radius'], { cwd: folder, file });
  origin = `http://127.0.0.1:${serve.ports.portal}`;
}, 60_000);
afterAll(async () => {
  await serve?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function fieldValue(name: string, right: boolean): string {
  const value = TYPED[name] ?? known[name]?.[0] ?? '1';
  return right || [...REDIRECT, ...AGREED].includes(name)
    ? value
    : value.replaceAll(/[a-z0-9](?=[a-z0-9]*$)/gi, 'x');
}

/** The redirect, with each form of this path once as it should be and once with a slip. */
function sentTo({ method, path }: (typeof ROUTES)[number]): Sent[] {
  const to = path.replaceAll(/:\w+/g, () => encodeURIComponent(fieldValue('voucher', true)));
  const forms = FORMS.filter(({ action }) => action === path).map(({ names }) => names);
  return (forms.length === 0 ? [[]] : forms).flatMap((names) =>
    [true, false].map((right) => {
      const fields = [...new Set([...REDIRECT, ...AGREED, ...names])];
      const text = encode(fields.map((name): [string, string] => [name, fieldValue(name, right)]));
      const posts = method === 'POST';
      return {
        method,
        path: posts ? to : `${to}?${text}`,
        headers: { ...(posts ? { 'Content-Type': FORM, Origin: origin } : {}), Cookie: text },
        body: posts ? text : null,
        from: FROM,
      };
    }),
  );
}

/** As it was typed, as it is read, and in the forms of the field. */
function formsOf(text: string): string[] {
  const plain = text.replaceAll(/[\s:-]/g, '');
  const national = /^0(8\d{7,})$/.exec(plain)?.[1];
  const all = [
    text,
    plain,
    encodeURIComponent(text),
    ...(national === undefined ? [] : [national]),
  ];
  return all.map((form) => form.toLowerCase());
}

it('is in no line of the log, and in no metric', async () => {
  for (const sent of ROUTES.flatMap(sentTo)) {
    // Twice in a row is what a double tap does.
    expect((await send(origin, sent)).status).toBeLessThan(500);
    expect((await send(origin, sent)).status).toBeLessThan(500);
  }
  const metrics = await (await fetch(`http://127.0.0.1:${serve.ports.metrics}/metrics`)).text();

  const fields = [
    'mac',
    'voucher',
    'username',
    'password',
    'phone',
    'name',
    'nik',
    'code',
    'guardian',
  ];
  const personal = fields.flatMap((name) => [fieldValue(name, true), fieldValue(name, false)]);
  personal.push(...known.username!, FROM);
  const said = serve.said().toLowerCase();
  const found = [...new Set(personal.flatMap(formsOf))].filter(
    (text) => said.includes(text) || metrics.toLowerCase().includes(text),
  );
  expect(metrics).toMatch(/smartwifi_portal_logins_total\{result="accepted"\} [1-9]/);
  expect(said).toContain('portal listens');
  expect(found).toEqual([]);
});
