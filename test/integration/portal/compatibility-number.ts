/** Rows of docs/compatibility.md in which a citizen proves a number, or makes an account by one. */
import type { OpenedPage } from '../../../simulator/phones/contract.ts';
import { HABITS } from '../../../simulator/phones/habits.ts';
import { PHONE_KINDS, type PhoneKind } from '../../../simulator/phones/probes.ts';
import { moving as movingOn } from '../outage/moving.ts';
import { PORTS, SERVER } from '../outage/server.ts';
import { cost, linkTo, MOST_WITH_A_SCREEN, must, untilOnline } from './compatibility-document.ts';
import {
  cardOf,
  HOOK_SECRET,
  PORTAL,
  type Regency,
  type Row,
  TARIFF,
  type Visitor,
  visitorAt,
  WITH_PASS,
} from './compatibility-stand.ts';

const NEW_PASSWORD = 'kopi susu 77';
/** A number of each kind's own in each row. */
const numberOf = (kind: PhoneKind, tens: 60 | 65 | 80): string =>
  `0812-3456-${tens}${10 + PHONE_KINDS.indexOf(kind)}`;
const e164 = (number: string): `+${string}` => `+62${number.slice(1).replaceAll('-', '')}`;

export function numberRows(at: () => Regency): readonly Row[] {
  const moving = async <T>(work: Promise<T>): Promise<T> => movingOn(at().stand.clock, work);
  const { waiting, reopened, lifted } = passesAt(at, moving);
  let numbers = 0;
  const nextNumber = (): string => {
    numbers += 1;
    return `0812 3457 78${String(numbers).padStart(2, '0')}`;
  };
  const asksFor =
    (phone: string) =>
    async ({ assistant }: Visitor): Promise<unknown> =>
      assistant.fill({ phone }, '/otp');

  return [
    {
      what: 'code by WhatsApp, read in another application',
      run: async (kind) => {
        const { assistant } = visitorAt(at().stand, kind);
        await assistant.join();
        await assistant.fill({ phone: nextNumber() }, '/otp');
        await assistant.switchApplication();
        const { code } = sentBy(at());
        await assistant.join();
        const page = assistant.page();
        must(
          page?.html.includes('one-time-code') === true,
          'the window does not go on at the code',
        );
        const next = await assistant.fill({ code }, '/otp/code');
        if (next.html.includes('action="/consent"')) await assistant.fill({}, '/consent');
        must(assistant.online(), 'not online after the code');
        return 'yes';
      },
    },
    {
      what: 'code by WhatsApp with a pass for messengers, window opened again',
      run: async (kind) => {
        const visitor = await waiting(kind, asksFor(nextNumber()));
        const page = await reopened(kind, visitor);
        must(page.html.includes('one-time-code'), 'the window does not go on at the code');
        const { code } = sentBy(at());
        await lifted(visitor.phone, await moving(visitor.phone.fill({ code }, '/otp/code')));
        return 'yes';
      },
    },
    {
      what: 'code by WhatsApp with a pass, link of the message in the normal browser',
      run: async (kind) => {
        const { phone } = await waiting(kind, asksFor(nextNumber()));
        await moving(phone.follow(sentBy(at()).link));
        await lifted(phone, await moving(phone.fill({}, '/otp/link')));
        return 'yes';
      },
    },
    {
      what: 'word that the citizen sends by WhatsApp, with a pass',
      run: async (kind) => {
        const before = at().provider.received.length;
        const visitor = await waiting(kind, async ({ assistant }) =>
          assistant.fill({}, '/otp/message'),
        );
        const shown = await reopened(kind, visitor);
        const word = /MASUK ([A-Z0-9]{6})/.exec(shown.html)?.[1];
        must(word !== undefined, 'the window does not go on at the word');
        const sender = e164(nextNumber().replaceAll(' ', '-')).slice(1);
        await heard({ sender, message: `masuk ${word}` });
        must(at().provider.received.length === before, 'a code was sent, and paid for');
        await lifted(visitor.phone, await moving(visitor.phone.follow(linkTo(shown, '/otp?'))));
        return 'yes';
      },
    },
    ...accountRows(at, { moving, waiting, reopened, lifted }),
  ];
}

type Passes = ReturnType<typeof passesAt> & { readonly moving: Moving };
type Moving = <T>(work: Promise<T>) => Promise<T>;

function accountRows(at: () => Regency, passes: Passes): readonly Row[] {
  const { moving, waiting, reopened, lifted } = passes;
  /** Through the form, the message and the code, in the village with passes. */
  const byCode = async (
    kind: PhoneKind,
    fields: Readonly<Record<string, string>>,
    link: string,
  ): Promise<void> => {
    const visitor = await waiting(kind, async ({ assistant }) => {
      await assistant.follow(linkTo(assistant.page(), link));
      await assistant.fill(fields, '/register');
    });
    const page = await reopened(kind, visitor);
    must(page.html.includes('action="/register/code"'), 'the window does not go on at the code');
    const { code } = sentBy(at());
    await lifted(visitor.phone, await moving(visitor.phone.fill({ code }, '/register/code')));
  };
  const mustOpen = async (number: string, password: string): Promise<void> => {
    const { store } = at().stand;
    const made = await store.subscriberByUsername(e164(number));
    must(
      made?.passwordHash === `k$${store.credentialKey(password)}`,
      'the password does not count',
    );
  };
  return [
    {
      what: 'account of one’s own by a code, with a pass',
      run: async (kind) => {
        const phone = numberOf(kind, 80);
        await byCode(kind, { phone, name: 'Siti', password: NEW_PASSWORD }, '/register?');
        await mustOpen(phone, NEW_PASSWORD);
        return 'yes';
      },
    },
    {
      what: 'new password by a code, with a pass',
      run: async (kind) => {
        const phone = numberOf(kind, 65);
        const { store, clock } = at().stand;
        const { id: subscriberId } = await store.ensureCitizen({
          ...{ origin: 'self', key: e164(phone), phone: e164(phone), tariff: TARIFF },
          ...{ villageCode: null, at: clock.now() },
        });
        await store.setPassword({ subscriberId, password: 'sandi lama 1', at: clock.now() });
        await byCode(kind, { phone, password: NEW_PASSWORD }, 'for=reset');
        await mustOpen(phone, NEW_PASSWORD);
        return 'yes';
      },
    },
    {
      what: 'account of one’s own by a card, where no codes are sent',
      isWithoutCodes: true,
      run: async (kind) => {
        const { phone, assistant } = visitorAt(at().stand, kind);
        const number = numberOf(kind, 60);
        await assistant.join();
        await assistant.follow(linkTo(assistant.page(), '/register?'));
        const typed = { phone: number, name: 'Siti', password: NEW_PASSWORD };
        const voucher = await cardOf(at().stand);
        const page = await assistant.fill({ ...typed, voucher }, '/register');
        if (page.html.includes('action="/consent"')) await assistant.fill({}, '/consent');
        must(assistant.online(), 'not online after the form');
        await mustOpen(number, NEW_PASSWORD);
        return cost(untilOnline(await phone.exchanges(), kind), MOST_WITH_A_SCREEN);
      },
    },
  ];
}

/** What a phone does in the village with passes. */
function passesAt(at: () => Regency, moving: Moving) {
  return {
    /** After what it asks for was asked for. */
    waiting: async (
      kind: PhoneKind,
      ask: (visitor: Visitor) => Promise<unknown>,
    ): Promise<Visitor> => {
      const one = visitorAt(at().stand, kind, { village: WITH_PASS });
      await one.assistant.join();
      await moving(ask(one));
      must((await moving(one.phone.https('berita.example'))) !== 'connected', 'all is open');
      return one;
    },
    /** The message was read; the pass looks like the internet to the phone: its citizen opens the page by hand. */
    reopened: async (kind: PhoneKind, { phone, assistant }: Visitor): Promise<OpenedPage> => {
      await assistant.switchApplication();
      if (HABITS[kind].leavesOnSwitch) await moving(assistant.join());
      must((await moving(phone.https('web.whatsapp.com'))) === 'connected', 'no messenger');
      return moving(phone.follow(`${PORTAL}/status`));
    },
    /** The pass becomes a session (CoA); the texts are agreed to on the way. */
    lifted: async (phone: Visitor['phone'], page: OpenedPage): Promise<void> => {
      let here = page;
      for (let i = 0; i < 4 && here.html.includes('/go?'); i += 1) {
        await at().enforcer.enforceNow();
        await at().stand.second();
        here = await moving(phone.follow(linkTo(here, '/go?')));
      }
      if (here.html.includes('action="/consent"')) await moving(phone.fill({}, '/consent'));
      must((await moving(phone.https('berita.example'))) === 'connected', 'not online at last');
      await phone.leave();
    },
  };
}

/** What the last message says. */
function sentBy({ provider }: Regency): { readonly code: string; readonly link: string } {
  const message = new URLSearchParams(provider.received.at(-1)!.body).get('message') ?? '';
  return {
    code: /\b\d{6}\b/.exec(message)?.[0] ?? '',
    link: /https?:\/\/\S+/.exec(message)?.[0] ?? '',
  };
}

/** A message came to the village's number: its provider says so. */
async function heard(fields: Readonly<Record<string, string>>): Promise<void> {
  const url = `http://${SERVER}:${PORTS.portal}/hooks/otp/fonnte?key=${HOOK_SECRET}`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(fields),
  });
  must(answer.status === 200, `the webhook answered ${answer.status}`);
}
