/**
 * The scripted part of the main job: one guest, or two, for each way in which a session ends and for
 * each reason for which a login is refused.
 */
import type { Credential } from '../../simulator/phones/contract.ts';
import {
  arrive,
  checkStatusPage,
  expectRefusal,
  type Guest,
  guestAt,
  letGo,
  logIn,
  logOut,
  openSession,
  sessionEnd,
  type Visit,
} from './guest.ts';
import { TARIFFS } from './plan.ts';
import { until } from './until.ts';

/** Phones of the cast have indices from here on, so that the crowd's stay below. */
const FIRST_PHONE = 500;

export interface Props {
  /** A fresh voucher of a tariff. */
  voucher(tariff: { name: string }, village?: string): Promise<{ id: string; code: string }>;
}

type Scene = (visit: Visit, props: Props, guest: (n: number) => Guest) => Promise<void>;

const SCENES: readonly Scene[] = [
  logsOut,
  runsOutOfTime,
  runsOutOfData,
  isDisconnected,
  expires,
  hasTooManyDevices,
  usesForeignVoucher,
  mistypes,
  replaysToken,
];

/** Phones that the scenes use, at most. */
export const CAST_SIZE = SCENES.length * 2;

/** All scenes at once, spread over the routers. */
export async function playScenes(visit: Visit, props: Props): Promise<void> {
  const { world } = visit;
  await Promise.all(
    SCENES.map((scene, i) => {
      const router = i % world.routers.length;
      return scene(visit, props, (n) => guestAt(world, router, FIRST_PHONE + i * 4 + n));
    }),
  );
}

async function logsOut(visit: Visit, props: Props, guest: (n: number) => Guest): Promise<void> {
  const { code } = await props.voucher(TARIFFS.resident);
  const phone = guest(0);
  if (!(await arrive(visit, phone))) return;
  const session = await logIn(visit, phone, { voucher: code });
  if (session === null) return;
  await checkStatusPage(visit, phone);
  await expectPage(visit, phone);
  await logOut(visit, phone);
  await expectEnd(visit, session.id, 'User-Request', 'limits');
}

async function runsOutOfTime(
  visit: Visit,
  props: Props,
  guest: (n: number) => Guest,
): Promise<void> {
  const { code } = await props.voucher(TARIFFS.daily);
  const phone = guest(0);
  if (!(await arrive(visit, phone))) return;
  const session = await logIn(visit, phone, { voucher: code });
  if (session === null) return;
  await expectPage(visit, phone);
  if (!(await expectEnd(visit, session.id, 'Session-Timeout', 'limits'))) return letGo(phone);
  await expectRefusal(visit, phone, { voucher: code }, 'SW-TIME');
}

async function runsOutOfData(
  visit: Visit,
  props: Props,
  guest: (n: number) => Guest,
): Promise<void> {
  const { code } = await props.voucher(TARIFFS.thrifty);
  const phone = guest(0);
  if (!(await arrive(visit, phone))) return;
  const session = await logIn(visit, phone, { voucher: code });
  if (session === null) return;
  await phone.phone.fetch('http://berita.example/bytes/60000', { minOctets: 300_000 });
  if (!(await expectEnd(visit, session.id, 'Data-Limit', 'limits'))) return letGo(phone);
  await expectRefusal(visit, phone, { voucher: code }, 'SW-QUOTA');
}

async function isDisconnected(
  visit: Visit,
  props: Props,
  guest: (n: number) => Guest,
): Promise<void> {
  const { world } = visit;
  const { code, id } = await props.voucher(TARIFFS.resident);
  const phone = guest(0);
  if (!(await arrive(visit, phone))) return;
  const session = await logIn(visit, phone, { voucher: code });
  if (session === null) return;
  await expectPage(visit, phone);
  await world.store.revokeVoucher({ id, at: world.clock.now() });
  if (!(await expectEnd(visit, session.id, 'Admin-Reset', 'enforcement'))) return letGo(phone);
  await expectRefusal(visit, phone, { voucher: code }, 'SW-DISABLED');
}

async function expires(visit: Visit, props: Props, guest: (n: number) => Guest): Promise<void> {
  const { world } = visit;
  const { code, id } = await props.voucher(TARIFFS.brief);
  const phone = guest(0);
  if (!(await arrive(visit, phone))) return;
  const session = await logIn(visit, phone, { voucher: code });
  if (session === null) return;
  await logOut(visit, phone);
  await expectEnd(visit, session.id, 'User-Request', 'limits');
  const account = await world.store.account('voucher', id);
  await world.clock.sleep((account?.validUntil ?? 0) + 1000 - world.clock.now());
  await expectRefusal(visit, phone, { voucher: code }, 'SW-EXPIRED');
}

async function hasTooManyDevices(
  visit: Visit,
  props: Props,
  guest: (n: number) => Guest,
): Promise<void> {
  const { code } = await props.voucher(TARIFFS.resident);
  const first = guest(0);
  if (!(await arrive(visit, first))) return;
  const session = await logIn(visit, first, { voucher: code });
  if (session === null) return;
  await expectRefusal(visit, guest(1), { voucher: code }, 'SW-DEVICES');
  await logOut(visit, first);
  await expectEnd(visit, session.id, 'User-Request', 'limits');
}

async function usesForeignVoucher(
  visit: Visit,
  props: Props,
  guest: (n: number) => Guest,
): Promise<void> {
  const phone = guest(0);
  const elsewhere = (await visit.world.store.listVillages()).find(
    (village) => village.code !== phone.router.villageCode,
  );
  const { code } = await props.voucher(TARIFFS.resident, elsewhere!.code);
  await expectRefusal(visit, phone, { voucher: code }, 'SW-VILLAGE');
}

async function mistypes(visit: Visit, props: Props, guest: (n: number) => Guest): Promise<void> {
  const { code } = await props.voucher(TARIFFS.resident);
  const wrong = (code.startsWith('A') ? 'C' : 'A') + code.slice(1);
  const attempts: Credential[] = [
    { voucher: wrong },
    { username: 'warga-1', password: 'bukan kata sandi' },
    { username: 'tidak-ada', password: 'bukan kata sandi' },
  ];
  for (const attempt of attempts) await expectRefusal(visit, guest(0), attempt, 'SW-BADCRED');
}

/** A token opens the door once, and only to the phone it was issued for. */
async function replaysToken(
  visit: Visit,
  props: Props,
  guest: (n: number) => Guest,
): Promise<void> {
  const { world, findings, tally } = visit;
  const { id } = await props.voucher(TARIFFS.resident);
  const [owner, thief] = [guest(0), guest(1)];
  if (!(await arrive(visit, thief)) || !(await arrive(visit, owner))) return;
  const { username, token } = await world.store.issueToken({
    accountKind: 'voucher',
    accountId: id,
    mac: owner.mac,
    routerId: owner.router.id,
    at: world.clock.now(),
    ttlMs: 60_000,
  });
  const login = new URL(`http://${owner.router.loginHost}/login`);
  login.search = new URLSearchParams({ username, password: token }).toString();
  const admitted = async ({ phone }: Guest): Promise<boolean> => {
    await phone.fetch(login.href);
    return (await phone.probe()).result === 'internet';
  };
  findings.expect(!(await admitted(thief)), 'tokens', "another phone's token opened the door");
  if (!(await admitted(owner))) {
    findings.fail('radius', 'a fresh token does not open the door');
    return;
  }
  tally.accepted += 1;
  const session = await until(() => openSession(world, owner));
  await logOut(visit, owner);
  if (session === null) {
    findings.fail('accounting', 'no Accounting-Start came after a login');
    return;
  }
  await expectEnd(visit, session.id, 'User-Request', 'limits');
  findings.expect(!(await admitted(owner)), 'tokens', 'a spent token opened the door again');
}

async function expectPage({ findings }: Visit, guest: Guest): Promise<void> {
  const page = await guest.phone.fetch('http://berita.example/');
  findings.expect(
    page.status === 200 && !page.blocked,
    'network path',
    `an allowed page does not come: ${page.failure ?? page.status}`,
  );
}

async function expectEnd(
  { world, findings }: Visit,
  sessionId: string,
  cause: string,
  layer: 'limits' | 'enforcement',
): Promise<boolean> {
  const ended = await sessionEnd(world, sessionId);
  const came = ended === null ? 'no end' : ended.stopCause;
  findings.expect(came === cause, layer, `an end by ${cause} was due, ${came} came`);
  return came === cause;
}
