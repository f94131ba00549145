/**
 * Half an hour without the server in every village at once. Phones that are online stay so and have names, none
 * of them of the floor; those that come wait or get the small pass; and when the server is back, all say the
 * same of every session. Time moves by hand: what is measured is the routers' time, not this machine's.
 */
import { describe, expect, it } from 'vitest';
import { SWITCH_SECONDS } from '../../../controller/settings/link.ts';
import type { Phone } from '../../../simulator/phones/contract.ts';
import type { TwinSession } from '../../../simulator/twin.ts';
import type { Session } from '../../../store/types.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { type Names, namesOf } from './names.ts';
import { INTERIM_SECONDS } from './server.ts';
import { outageStand, type Stand } from './stand.ts';

const ROUTERS = Number(process.env.ROUTERS ?? (process.env.SOAK === '1' ? 242 : 12));
const OUTAGE_SECONDS = 30 * 60;
/** Names are asked for every second around a switch, and every so many seconds else. */
const CALM_SECONDS = 5;
const SURF_SECONDS = 300;
const LEAVES_AT = 180;
const COMES_AT = 600;
const REAL_MS = 30_000;
/** Every third village gives a pass; every fourth is metered and asks once, by DNS. */
const settings = (village: number): Record<string, string> => ({
  ...(village % 3 === 0 ? { 'outage.new-phones': 'pass' } : {}),
  ...(village % 4 === 3 ? { 'link.metered-gb': '50', 'link.rtt-ms': '600' } : {}),
});
const givesPass = (village: number): boolean => village % 3 === 0;

/** Of every village: two phones that stay, one that leaves in the midst, one that leaves just before the end. */
interface People {
  readonly staying: readonly Phone[];
  readonly leaving: readonly Phone[];
  readonly late: readonly Phone[];
}

const each = (stand: Stand): readonly number[] => stand.routers.map((_, index) => index);

async function arrive(stand: Stand): Promise<People> {
  const all = async (index: number): Promise<Phone[]> => {
    const phones: Phone[] = [];
    for (const router of each(stand)) phones.push(await stand.online(router, index));
    return phones;
  };
  const [one, two, leaving, late] = [await all(0), await all(1), await all(2), await all(3)];
  return { staying: [...one, ...two], leaving, late };
}

async function surf(phones: readonly Phone[]): Promise<void> {
  for (const phone of phones) {
    const page = await phone.fetch('http://berita.example/bytes/20000');
    expect(page).toMatchObject({ status: 200, captive: false, failure: null });
  }
}

async function pass(stand: Stand, seconds: number, names: Names, every: number): Promise<void> {
  for (let second = 1; second <= seconds; second += 1) {
    await stand.second();
    if (second % every === 0) await names.ask();
  }
}

/** Log-out at the router itself: the portal is not there. */
async function leave(phones: readonly Phone[]): Promise<void> {
  for (const phone of phones) {
    await phone.fetch('http://login.wifi.home.arpa/logout');
    expect((await phone.probe()).result).toBe('portal');
    await phone.leave();
  }
}

/** Phones that come now see the notice; what becomes of them is up to their village. */
async function newcomers(stand: Stand): Promise<{ passed: number; waiting: number }> {
  const found = { passed: 0, waiting: 0 };
  for (const router of each(stand)) {
    const phone = stand.phone(router, 4);
    await phone.join();
    const page = await phone.openPortal();
    expect(new URL(page.url).hostname).toBe('login.wifi.home.arpa');
    expect(page.html).toContain('<html lang="id">');
    expect(page.html).toContain('sedang terganggu');
    const link = /href="([^"]*username=T-[^"]*)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&');
    expect(link !== undefined).toBe(givesPass(router));
    if (link !== undefined) await phone.fetch(link);
    const { result } = await phone.probe();
    expect(result).toBe(givesPass(router) ? 'internet' : 'portal');
    found[result === 'internet' ? 'passed' : 'waiting'] += 1;
  }
  return found;
}

const macOf = async (phone: Phone): Promise<string> => (await phone.sessions()).at(-1)!.mac;
const octets = (one: { inputOctets: number; outputOctets: number } | undefined): string =>
  one === undefined ? 'none' : `${one.inputOctets}/${one.outputOctets}`;

/** What twins and store say of the sessions of these phones, by MAC. */
async function books(stand: Stand, phones: readonly Phone[]) {
  const twins = new Map<string, TwinSession>();
  for (const one of await stand.simulator.sessions()) {
    if (!one.username.startsWith('T-')) twins.set(one.mac, one);
  }
  const store = new Map<string, Session>();
  for (const one of await stand.store.listSessions({ limit: 100_000 })) store.set(one.mac, one);
  return Promise.all(
    phones.map(async (phone) => {
      const mac = await macOf(phone);
      return { twin: twins.get(mac), store: store.get(mac) };
    }),
  );
}

/** Sessions that are open in the store and not at the router. Those of a pass are nobody's, and kept all the same. */
async function unknownToRouters(stand: Stand): Promise<string[]> {
  const running = new Set<string>();
  for (const one of await stand.simulator.sessions()) {
    if (one.endedAt === null) running.add(`${one.mac} ${one.acctSessionId}`);
  }
  const open = await stand.store.listSessions({ openOnly: true, limit: 100_000 });
  return open
    .map(({ mac, acctSessionId }) => `${mac} ${acctSessionId}`)
    .filter((one) => !running.has(one));
}

/** Steps until the store says so, for at most `seconds` of the routers' time. */
async function until(stand: Stand, names: Names, seconds: number, holds: () => Promise<boolean>) {
  for (let second = 0; second < seconds; second += 1) {
    if (await holds()) return second;
    await pass(stand, 1, names, 1);
  }
  return Number.POSITIVE_INFINITY;
}

describe('half an hour without the server', { timeout: 3_600_000 }, () => {
  it(`costs nobody who is online his session or his names (${ROUTERS} villages)`, async () => {
    await using stand = await outageStand({ routers: ROUTERS, settings });
    await stand.serve();
    const { staying, leaving, late } = await arrive(stand);
    await surf([...staying, ...leaving, ...late]);
    const online = new Map([...staying.entries()].map(([i, phone]) => [`hp${i}`, phone]));
    const names = namesOf(online, stand.clock);
    // Beyond an interim report: the store knows what has been used so far.
    await pass(stand, INTERIM_SECONDS + 20, names, CALM_SECONDS);
    const before = await books(stand, leaving);

    await stand.kill();
    await pass(stand, SWITCH_SECONDS + 10, names, 1);
    const gapAtDeath = names.longestGap();
    await surf(leaving);
    let came = { passed: 0, waiting: 0 };
    for (let second = SWITCH_SECONDS + 10; second < OUTAGE_SECONDS; second += CALM_SECONDS) {
      if (second === LEAVES_AT + 10) {
        await leave(leaving);
        await stand.simulator.reported();
      }
      if (second === COMES_AT) came = await newcomers(stand);
      if (second % SURF_SECONDS === 0) await surf(staying);
      await pass(stand, CALM_SECONDS, names, CALM_SECONDS);
    }
    const inOutage = { ...names.counts };
    // The tunnel is back a moment before the server, which gets the Stop by a retransmit.
    await stand.tunnels(true);
    await leave(late);
    await stand.serve();
    await pass(stand, SWITCH_SECONDS + 10, names, 1);

    const isDone = async (): Promise<boolean> =>
      (await books(stand, [...leaving, ...late])).every((one) => one.store?.state === 'closed');
    const closedAfter = await until(stand, names, 300, isDone);
    const left = await books(stand, leaving);
    const stayed = await books(stand, staying);
    const strangers = await unknownToRouters(stand);
    const planned = await stand.planned();
    await surf(staying);
    await leave(staying);
    const everybody = [...staying, ...late];
    const ended = await eventually(
      () => books(stand, everybody),
      (all) => all.every((one) => one.store?.state === 'closed'),
      REAL_MS,
    );
    const matched = ended.filter((one) => octets(one.store) === octets(one.twin)).length;
    const lost = left.reduce(
      (sum, { twin, store }) =>
        sum + twin!.inputOctets + twin!.outputOctets - store!.inputOctets - store!.outputOctets,
      0,
    );
    console.log(
      [
        `${ROUTERS} villages, ${staying.length + leaving.length + late.length} phones online when the server died`,
        `names: ${names.counts.answered} answers, longest wait at the death ${gapAtDeath} s, in all ${names.longestGap()} s`,
        `floor: ${names.counts.floor} questions (${inOutage.floor} before the return), ${names.leaks.length} answered`,
        `newcomers: ${came.passed} with a pass, ${came.waiting} waiting`,
        `sessions: ${stayed.filter((one) => one.store?.state === 'open').length} of ${staying.length} stayed open; those that left were closed ${closedAfter} s after the first minute`,
        `octets: ${matched} of ${everybody.length} equal in router and store; ${lost} octets of ${left.length} lost Stops are known to nobody`,
        `plans: ${planned.length} changes`,
      ].join('\n'),
    );

    expect(names.leaks).toEqual([]);
    expect(names.longestGap()).toBeLessThanOrEqual(SWITCH_SECONDS);
    expect(came).toEqual({
      passed: each(stand).filter(givesPass).length,
      waiting: each(stand).filter((router) => !givesPass(router)).length,
    });
    for (const { twin, store } of stayed) {
      expect(store).toMatchObject({ state: 'open', acctSessionId: twin!.acctSessionId });
      expect(twin).toMatchObject({ cause: null, endedAt: null });
    }
    expect(planned).toEqual([]);
    expect(closedAfter).toBeLessThan(300);
    // Their Stop was given up: the last report before the outage is all that RouterOS has told.
    expect(left.map(({ store }) => octets(store))).toEqual(
      before.map(({ store }) => octets(store)),
    );
    expect(ended.map(({ store }) => octets(store))).toEqual(ended.map(({ twin }) => octets(twin)));
    const states = (await stand.store.listRouters()).map(({ provisioning }) => provisioning);
    expect(new Set(states)).toEqual(new Set(['applied']));
    expect(strangers).toEqual([]);
  });
});
