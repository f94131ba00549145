/** The many: phones that join, log in by voucher or account, look at pages, and go. */

import type { Clock } from '../../lib/clock.ts';
import { forEachLimited } from '../../lib/retry.ts';
import type { Credential } from '../../simulator/phones/contract.ts';
import type { Store } from '../../store/contract.ts';
import { arrive, checkNames, type Guest, guestAt, logIn, logOut, type Visit } from './guest.ts';
import { ALLOWED_NAMES, BLOCKED_NAMES, TARIFFS } from './plan.ts';
import { ODD_VILLAGE } from './world.ts';

/** Phones busy at once: as many as two cores carry without waiting on each other. */
const AT_ONCE = 24;
/** One in so many comes with an account, the others with a voucher. */
const ACCOUNT_EVERY = 5;

/** Vouchers and accounts for so many phones; one credential a phone. */
export async function crowdCredentials(
  store: Store,
  clock: Clock,
  count: number,
): Promise<Credential[]> {
  const accounts = Array.from({ length: Math.ceil(count / ACCOUNT_EVERY) }, (_, i) => ({
    username: `warga-${i + 1}`,
    password: `sandi warga nomor ${i + 1}`,
  }));
  const tariff = TARIFFS.resident.name;
  await store.importSubscribers({
    subscribers: accounts.map((account) => ({ ...account, tariff, villageCode: null })),
    at: clock.now(),
  });
  const vouchers = await store.createVouchers({
    tariff,
    count,
    villageCode: null,
    batch: 'crowd',
    at: clock.now(),
  });
  return vouchers.map(({ code }, i) =>
    i % ACCOUNT_EVERY === 0 ? accounts[i / ACCOUNT_EVERY]! : { voucher: code },
  );
}

/** Every phone logs in and uses the network; returns those that are online at the end. */
export async function crowdArrives(
  visit: Visit,
  credentials: readonly Credential[],
): Promise<Guest[]> {
  const { world } = visit;
  const online: Guest[] = [];
  await forEachLimited(credentials, AT_ONCE, async (credential, i) => {
    const router = i % world.routers.length;
    const guest = guestAt(world, router, Math.floor(i / world.routers.length));
    if (!(await arrive(visit, guest))) return;
    if ((await logIn(visit, guest, credential)) === null) return;
    await checkNames(visit, guest, namesFor(router, i));
    await look(visit, guest, i);
    online.push(guest);
  });
  return online;
}

export async function crowdLeaves(visit: Visit, guests: readonly Guest[]): Promise<void> {
  await forEachLimited(guests, AT_ONCE, async (guest) => {
    await logOut(visit, guest);
    await guest.phone.leave();
  });
}

/** What each village's policy says of the names; every phone asks for some of them. */
function namesFor(router: number, i: number): { blocked: string[]; allowed: string[] } {
  const odd = router === ODD_VILLAGE;
  return {
    blocked: [BLOCKED_NAMES.adult, ...(odd ? [] : [BLOCKED_NAMES.gambling])],
    allowed: [ALLOWED_NAMES[i % 2]!, ...(odd ? [BLOCKED_NAMES.gambling] : [])],
  };
}

async function look({ findings, tally }: Visit, { phone }: Guest, i: number): Promise<void> {
  const page = await phone.fetch(`http://berita.example/bytes/${1000 + (i % 20) * 500}`);
  findings.expect(
    page.status === 200 && !page.blocked,
    'network path',
    `an allowed page does not come: ${page.failure ?? page.status}`,
  );
  if (i % 10 !== 0) return;
  const blocked = await phone.fetch(`http://${BLOCKED_NAMES.adult}/`);
  findings.expect(blocked.blocked, 'filter', 'a blocked site shows no block page');
  if (blocked.blocked) tally.blocked += 1;
}
