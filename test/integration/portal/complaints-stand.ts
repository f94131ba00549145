/** For the tests of complaints: two villages with the whole server, phones of any maker, and cards. */
import { expect } from 'vitest';
import { type Assistant, createAssistant } from '../../../simulator/phones/assistant.ts';
import type { Phone } from '../../../simulator/phones/contract.ts';
import { randomMac } from '../../../simulator/phones/habits.ts';
import { readPage } from '../../../simulator/phones/page.ts';
import type { PhoneKind } from '../../../simulator/phones/probes.ts';
import type { NewTariff, Session } from '../../../store/types.ts';
import { outageStand, type Stand } from '../outage/stand.ts';

export const REAL_MS = 10_000;

export interface Visitor {
  readonly mac: string;
  readonly phone: Phone;
  readonly assistant: Assistant;
}

export interface Card {
  readonly id: string;
  readonly code: string;
  readonly tariff: string;
}

export interface ComplaintStand extends AsyncDisposable {
  readonly stand: Stand;
  visitor(kind?: PhoneKind, router?: number, mac?: string): Visitor;
  /** A card of a tariff of its own. */
  card(limits?: Partial<NewTariff>): Promise<Card>;
  /** Joined, with the login page before it. */
  atPortal(who?: Visitor): Promise<Visitor>;
  online(code: string, who?: Visitor, more?: Readonly<Record<string, string>>): Promise<Visitor>;
  seconds(count: number): Promise<void>;
  /** The open session of a phone. */
  session(who: Visitor): Promise<Session | undefined>;
}

export async function openComplaintStand(): Promise<ComplaintStand> {
  const settings = () => ({ 'portal.ways': 'voucher,account' });
  const stand = await outageStand({ routers: 2, settings });
  await stand.serve();
  let tariffs = 0;
  const visitor: ComplaintStand['visitor'] = (
    kind = 'android',
    router = 0,
    mac = randomMac(Math.random),
  ) => {
    const phone = stand.simulator.phone(stand.routers[router]!.name, mac, kind);
    return { mac, phone, assistant: createAssistant(phone, kind) };
  };
  const atPortal = async (who: Visitor = visitor()): Promise<Visitor> => {
    expect(await who.assistant.join()).toBe('portal');
    return who;
  };
  return {
    stand,
    visitor,
    atPortal,
    card: async (limits = {}) => {
      tariffs += 1;
      const at = stand.clock.now();
      const name = `kartu-${tariffs}`;
      const tariff = await stand.store.createTariff({ devices: 1, at, ...limits, name });
      const wanted = { tariff: name, count: 1, villageCode: null, batch: 'kartu', at };
      const [made] = await stand.store.createVouchers(wanted);
      return { ...made!, tariff: tariff.name };
    },
    online: async (code, who = visitor(), more = {}) => {
      await atPortal(who);
      await who.assistant.fill({ voucher: code, ...more });
      expect(who.assistant.online()).toBe(true);
      return who;
    },
    seconds: async (count) => {
      for (let i = 0; i < count; i += 1) await stand.second();
    },
    session: async ({ mac }) => {
      const open = await stand.store.listSessions({ openOnly: true, limit: 1000 });
      return open.find((one) => one.mac === mac.toUpperCase());
    },
    [Symbol.asyncDispose]: () => stand[Symbol.asyncDispose](),
  };
}

/** What people do on a stand that is opened before the tests. */
export function actsOf(
  standing: () => ComplaintStand,
): Pick<ComplaintStand, 'visitor' | 'card' | 'atPortal' | 'online' | 'seconds'> {
  return {
    visitor: (...args) => standing().visitor(...args),
    card: (limits) => standing().card(limits),
    atPortal: (who) => standing().atPortal(who),
    online: (...args) => standing().online(...args),
    seconds: (count) => standing().seconds(count),
  };
}

/** Why the portal refuses this code. */
export async function codeAt(who: Visitor, code: string): Promise<string | null> {
  const page = await who.assistant.fill({ voucher: code });
  return readPage(page.html, page.url).code;
}
