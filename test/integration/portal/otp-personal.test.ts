/** Every way of a code, good and bad: neither the number nor the code, in any form, is in log, metrics or audit. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gatewayOf } from '../../../portal/gateways/provider.fixture.ts';
import type { Answer } from '../../../portal/portal.fixture.ts';
import {
  atHome,
  locationOf,
  type OtpStand,
  openOtpStand,
  path,
  WEBHOOK_SECRET,
  walkOf,
} from './otp-stand.ts';

const NUMBERS = ['0812 3456 7890', '0813-9876-5432', '+62 857 1111 2222', '62858.3333.4444'];
const HOOK_FROM = '6285955556666';

let stand: OtpStand;
let log = '';
const { get, askForCode, typeCode, throughConsent } = walkOf(() => stand);

beforeEach(async () => {
  log = '';
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      log += chunk.toString();
      done();
    },
  });
  const opened = await openOtpStand({
    settings: { 'portal.otp.number': '+6281100000000' },
    over: { log: pino({ level: 'trace' }, sink) },
    gateways: (origin) => [
      gatewayOf('fonnte', origin, { webhookSecret: WEBHOOK_SECRET, cost: 20_000 }),
      gatewayOf('wablas', 'https://localhost:9', { cost: 0 }),
    ],
  });
  stand = atHome(opened);
});
afterEach(() => stand[Symbol.asyncDispose]());

/** As typed, as kept, and as each country's habit writes it; whole, or without what all have in common. */
function formsOf(number: string): string[] {
  const digits = number.replaceAll(/\D/g, '').replace(/^(?:62|0)/, '');
  const groups = /^(\d{3})(\d{4})(\d+)$/.exec(digits)!.slice(1);
  const national = [digits, groups.join(' '), groups.join('-')];
  return [number, encodeURIComponent(number), ...national];
}

const wrong = (code: string): string => (code === '000000' ? '000001' : '000000');
const later = (): void => stand.portal.clock.advance(61_000);
const hook = async (body: unknown, key = WEBHOOK_SECRET): Promise<Answer> =>
  stand.portal.fetch(path('/hooks/otp/fonnte', { key }), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

it('they are nowhere', async () => {
  const secrets: string[] = [];
  const statuses: number[] = [];
  const keep = (): string => {
    const { code, link } = stand.message();
    secrets.push(code, new URL(link).searchParams.get('k')!);
    return code;
  };
  const note = (answer: Answer): Answer => {
    statuses.push(answer.status);
    return answer;
  };
  // Right, wrong, once more, another number, by the link; and what is no number.
  const page = note(await askForCode(NUMBERS[0]));
  note(await typeCode(page, wrong(keep())));
  note(await stand.portal.post('/otp/again', stand.form(page, '/otp/code')));
  later();
  note(await stand.portal.post('/otp/again', stand.form(page, '/otp/code')));
  const done = note(await throughConsent(await typeCode(page, keep())));
  expect(locationOf(done)).toContain('login.wifi.home.arpa');
  later();
  await stand.portal.post('/otp/other', { ...stand.redirect });
  note(await askForCode(NUMBERS[1]));
  keep();
  const { link } = stand.message();
  const button = await get(link);
  note(await stand.portal.post('/otp/link', stand.form(button, '/otp/link')));
  note(await stand.portal.post('/otp', { ...stand.redirect, phone: `${NUMBERS[2]}9999999` }));
  // Limited; no gateway takes it, each in its way; the store fails.
  note(await stand.portal.post('/otp', { ...stand.redirect, phone: NUMBERS[1]! }));
  later();
  for (const answer of [
    { body: { status: false, reason: `invalid target ${NUMBERS[2]}` } },
    { status: 500, body: `no ${NUMBERS[2]}` },
    { fault: 'cut', body: { status: true } } as const,
  ]) {
    stand.provider.answers = [answer];
    const asked = stand.portal.post('/otp', { ...stand.redirect, phone: NUMBERS[2]! });
    note(await ticking(asked));
    const sent = new URLSearchParams(stand.provider.received.at(-1)!.body).get('message')!;
    secrets.push(/\b\d{6}\b/.exec(sent)![0]);
    later();
  }
  const { issueCode } = stand.store;
  stand.store.issueCode = async () => {
    throw new Error('disk is full');
  };
  note(await stand.portal.post('/otp', { ...stand.redirect, phone: NUMBERS[3]! }));
  stand.store.issueCode = issueCode;
  // A word that is sent: proven, again, unknown, and by somebody else.
  const begun = await stand.portal.post('/otp/message', { ...stand.redirect });
  const word = /MASUK ([A-Z0-9]{6})/.exec((await get(locationOf(begun))).body)![1]!;
  secrets.push(word);
  for (const key of ['wrong-key-of-hook', WEBHOOK_SECRET, WEBHOOK_SECRET]) {
    note(await hook({ sender: HOOK_FROM, message: `MASUK ${word}` }, key));
  }
  note(await hook({ sender: HOOK_FROM, message: 'MASUK AAAAAA' }));
  note(await hook({ sender: `${HOOK_FROM}9999999`, message: word }));

  const said = [
    log,
    await stand.portal.metricsPage(),
    JSON.stringify(await stand.store.listAudit(1000)),
  ].join('\n');
  const personal = [...NUMBERS, HOOK_FROM].flatMap(formsOf);
  expect(new Set(statuses)).toEqual(new Set([200, 303, 403, 422, 429, 500, 503]));
  expect(log).toContain('no gateway took a code');
  // A time or a measure may hold six digits of a code by chance; a code stands alone.
  const isIn = (text: string): boolean =>
    /^\d{6}$/.test(text) ? new RegExp(`(?<![\\d.])${text}(?!\\d)`).test(said) : said.includes(text);
  expect([...personal, ...secrets].filter(isIn)).toEqual([]);
});

/** Between two attempts there is a pause, on the clock. */
async function ticking<T>(work: Promise<T>): Promise<T> {
  const state = { done: false };
  const ended = work.finally(() => {
    state.done = true;
  });
  while (!state.done) {
    stand.portal.clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return ended;
}
