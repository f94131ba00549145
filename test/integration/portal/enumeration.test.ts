/**
 * Nobody learns from an answer, nor from the work that it took, whether somebody has an account: a name, number
 * or card that is known and one that is not are compared byte by byte, and call by call. Routes come from the
 * application itself: a new one must say what it may be asked about.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../portal/portal.fixture.ts';
import { START_MS } from '../../../portal/village.fixture.ts';
import { credentialsOfOne, HARDENED } from '../../../radius/credentials.fixture.ts';
import type { Store } from '../../../store/contract.ts';
import { newVoucherCode } from '../../../store/voucher-code.ts';
import { type CitizenStand, hiddenIn, openCitizenStand } from './citizen-stand.ts';
import { ROUTES } from './routes.ts';
import { citizen, PASSWORD, PHONE, sender, TICKED } from './siti.ts';

const WRONG = 'bukan kata sandi';
const OTHER = '+6281234567899';
const SETTINGS = { 'portal.ways': 'voucher,account,otp', 'portal.tariff.otp': 'harian' };

interface Probe {
  readonly route: string;
  readonly what: string;
  /** Without a gateway for codes a card vouches for who registers. */
  readonly byCard?: true;
  /** Online as somebody else. */
  readonly online?: true;
  ask(stand: CitizenStand, who: Who): Promise<Answer>;
}

/**
 * The code of a card is no name: who has it has the card, and is told at a login why it opens nothing any more.
 *
 * Of the same length, so that what is echoed weighs the same.
 */
interface Who {
  readonly name: string;
  /** E.164. */
  readonly phone: string;
  /** A card that is spent, or nobody's. */
  readonly card: string;
}

const local = (phone: string): string => phone.replace('+62', '0');

const login = (username: (who: Who) => string): Probe['ask'] => {
  return (stand, who) =>
    stand.portal.post('/login', {
      ...{ ...stand.redirect, username: username(who), password: WRONG, ...TICKED },
    });
};

const register = (over: object): Probe['ask'] => {
  return (stand, { phone }) =>
    stand.portal.post('/register', {
      ...{ ...stand.redirect, phone: local(phone), password: PASSWORD, ...TICKED, ...over },
    });
};

const PROBES: readonly Probe[] = [
  { route: '/login', what: 'a user name', ask: login(({ name }) => name) },
  { route: '/login', what: 'a phone number', ask: login(({ phone }) => local(phone)) },
  { route: '/register', what: 'a number', ask: register({}) },
  { route: '/register', what: 'a number whose password is lost', ask: register({ for: 'reset' }) },
  {
    route: '/register/code',
    what: 'a number, with a wrong code',
    ask: async (stand, who) => {
      const begun = await register({})(stand, who);
      const { body } = await stand.portal.fetch(String(begun.headers.location));
      const fields = hiddenIn(body, '/register/code');
      return stand.portal.post('/register/code', { ...fields, code: '000000' });
    },
  },
  {
    ...{ route: '/register', what: 'a number, with a card that is none', byCard: true },
    ask: register({ voucher: 'AAAA-AAAA-AAAA' }),
  },
  {
    ...{ route: '/register', what: 'a number, with a card', byCard: true },
    ask: async (stand, who) => register({ voucher: await stand.newVoucher() })(stand, who),
  },
  {
    ...{ route: '/account/number', what: 'the number of somebody else', online: true },
    ask: (stand, { phone }) =>
      stand.portal.post('/account/number', { phone: local(phone), secret: PASSWORD }),
  },
  {
    ...{ route: '/account/topup', what: 'a card', online: true },
    ask: (stand, { card }) => stand.portal.post('/account/topup', { voucher: card }),
  },
  {
    ...{ route: '/otp', what: 'a number' },
    ask: (stand, { phone }) =>
      stand.portal.post('/otp', { ...stand.redirect, phone: local(phone) }),
  },
];

/** What else is posted is about the phone that asks, its own account, or a secret that it was told. */
const NAMELESS: Readonly<Record<string, string>> = {
  '/click': 'the phone: consent.test.ts',
  ...Object.fromEntries(
    ['otp/code', 'otp/again', 'otp/other', 'otp/message', 'otp/link']
      .concat('register/again', 'register/other', 'register/link')
      .map((path) => [`/${path}`, 'a ticket, or the link of a message']),
  ),
  ...Object.fromEntries(
    ['/choose', '/release', '/consent', '/topup'].map((path) => [
      path,
      'a login that waits in a ticket',
    ]),
  ),
  ...Object.fromEntries(
    ['release', 'password', 'export', 'name', 'withdraw', 'erase', 'keep', 'code'].map((act) => [
      `/account/${act}`,
      'the account that is online',
    ]),
  ),
  ...Object.fromEntries(
    ['/logout', '/remember', '/forget', '/appeal'].map((path) => [
      path,
      'the phone that is online',
    ]),
  ),
  '/hooks/otp/:gateway': 'the provider, who proves itself',
};

it('is asked of every form that is posted', () => {
  const posts = ROUTES.filter(({ method }) => method === 'POST').map(({ path }) => path);
  const asked = new Set([...PROBES.map(({ route }) => route), ...Object.keys(NAMELESS)]);

  expect(posts).toContain('/login');
  expect(posts.filter((path) => !asked.has(path))).toEqual([]);
});

/** Puts itself before every method of the store, and tells how often each was called. */
function counting(store: Store): () => Readonly<Record<string, number>> {
  let calls: Record<string, number> = {};
  const methods = store as unknown as Record<string, unknown>;
  for (const [name, method] of Object.entries(methods)) {
    if (typeof method !== 'function') continue;
    methods[name] = (...args: unknown[]) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return (method as (...args: unknown[]) => unknown).apply(store, args);
    };
  }
  return () => {
    const counted = calls;
    calls = {};
    return counted;
  };
}

describe.each(PROBES)('POST $route about $what', ({ ask, byCard, online }) => {
  let stand: CitizenStand;
  let known: Who;
  let unknown: Who;
  /** RADIUS is another process: what it asks the store is not the portal's work. */
  let raw: Store;
  let questions: number;
  const sent: string[] = [];

  beforeEach(async () => {
    questions = 0;
    sent.length = 0;
    stand = await openCitizenStand(
      {
        ...(byCard === true ? {} : { codes: sender(sent) }),
        radius: {
          authenticate: async ({ username, password }) => {
            questions += 1;
            const card = await raw.voucherByCode(username);
            if (card !== null) {
              if (card.disabled) return { kind: 'reject', code: 'SW-DISABLED', text: '' };
              return { kind: 'accept', account: card };
            }
            const person = await raw.subscriberByUsername(username);
            const right = person?.passwordHash === `k$${raw.credentialKey(password)}`;
            if (person !== null && right) return { kind: 'accept', account: person };
            return { kind: 'reject', code: 'SW-BADCRED', text: '' };
          },
        },
      },
      SETTINGS,
    );
    raw = { ...stand.store };
    const siti = await citizen(stand);
    const card = await stand.newVoucher();
    const one = await stand.store.voucherByCode(card);
    await stand.store.revokeVoucher({ id: one!.id, at: START_MS });
    known = { name: siti.username, phone: PHONE, card };
    const last = siti.username.at(-1) === 'x' ? 'y' : 'x';
    unknown = { name: siti.username.slice(0, -1) + last, phone: OTHER, card: newVoucherCode() };
    if (online === true) {
      const budi = await stand.store.ensureCitizen({
        ...{ origin: 'self', key: 'budi', phone: '+6281300001111', tariff: 'harian' },
        ...{ villageCode: null, at: START_MS },
      });
      const { id: subscriberId } = budi;
      await stand.store.setPassword({ subscriberId, password: PASSWORD, at: START_MS });
      await stand.goOnline(budi);
    }
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  it('is answered alike, with the same work, whether there is an account or not', async () => {
    const calls = counting(stand.store);
    const told = async (who: Who) => {
      questions = 0;
      sent.length = 0;
      calls();
      const answer = await ask(stand, who);
      return { answer: blank(answer, who), calls: calls(), questions, messages: sent.length };
    };
    await told(unknown);
    const of = [await told(known), await told(unknown)];

    expect(of[0]).toEqual(of[1]);
    expect(of[0]?.answer.status).toBeLessThan(500);
  });
});

/** What the answer says whoever is meant: without the date, secrets that are drawn, and what was typed. */
function blank({ status, headers, body }: Answer, { name, phone, card }: Who) {
  const { date: _date, location, ...rest } = headers;
  const plain = (text: string): string =>
    [name, phone, local(phone), card, encodeURIComponent(card)]
      .reduce((all, echoed) => all.replaceAll(echoed, '…'), text)
      .replaceAll(/0\d{3}•+\d{3}/g, '…')
      .replaceAll(/name="ticket" value="[^"]+"/g, '')
      .replaceAll(/(?:ticket|username|password)=[^&"]+/g, '');
  return { status, headers: rest, location: plain(String(location)), body: plain(body) };
}

it('RADIUS hashes as often for who is nobody', async () => {
  const { verify, derived } = credentialsOfOne({ passwordHash: HARDENED });
  const runs: number[] = [];
  for (const name of ['siti', 'nobody']) {
    const before = derived();
    expect(await verify(name, WRONG)).toBe('SW-BADCRED');
    runs.push(derived() - before);
  }

  expect(runs).toEqual([1, 1]);
});
