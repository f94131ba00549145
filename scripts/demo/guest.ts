/**
 * One phone's visit, step by step, as its owner would go: join the WiFi, be sent to the portal, log
 * in, use the internet. Each step that fails is laid at the door of the layer that failed it.
 */
import { errorCode, errorMessage } from '../../lib/errors.ts';
import { phoneMac } from '../../simulator/fleet/mac.ts';
import type { RemotePhone } from '../../simulator/fleet/types.ts';
import type { Credential, OpenedPage } from '../../simulator/phones/contract.ts';
import { type PhoneKind, PROBES } from '../../simulator/phones/probes.ts';
import type { Router, Session } from '../../store/types.ts';
import type { Findings, Layer } from './findings.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

export interface Guest {
  readonly router: Router;
  readonly mac: string;
  readonly phone: RemotePhone;
  readonly kind: PhoneKind;
}

/** What was counted while guests came and went. */
export interface Tally {
  accepted: number;
  readonly rejected: Record<string, number>;
  blocked: number;
  allowed: number;
}

export interface Visit {
  readonly world: World;
  readonly findings: Findings;
  readonly tally: Tally;
  /** Remembers whose counts are to be compared at the end. */
  meet(guest: Guest): void;
}

const KINDS: readonly PhoneKind[] = ['android', 'ios', 'windows', 'firefox'];

export function guestAt(world: World, routerIndex: number, phoneIndex: number): Guest {
  const router = world.routers[routerIndex]!;
  const mac = phoneMac(routerIndex, phoneIndex);
  const kind = KINDS[(routerIndex + phoneIndex) % KINDS.length]!;
  return { router, mac, kind, phone: world.simulator.phone(router.name, mac, kind) };
}

/** Joins and opens the portal; false when something on the way there is broken. */
export async function arrive(visit: Visit, guest: Guest): Promise<boolean> {
  const { world, findings } = visit;
  const { phone, router, kind } = guest;
  visit.meet(guest);
  const broken = (layer: Layer, message: string): false => {
    findings.fail(layer, `${message} (first seen at ${router.name})`);
    return false;
  };
  if ((await phone.join()) === null) return broken('hotspot', 'the router gives phones no address');
  const name = new URL(PROBES[kind].url).hostname;
  if ((await phone.resolve(name)).rcode !== 0) return broken('dns', 'names are not answered');
  const probe = await phone.probe();
  if (probe.result === 'internet') return broken('hotspot', 'phones are online without a login');
  const page = await phone.openPortal();
  const origin = world.config.portal.publicUrl;
  if (!page.url.startsWith(origin)) return broken(...notThePortal(page));
  if (page.status !== null && page.status >= 300 && page.status < 400) {
    return broken('walled garden', 'the router does not let phones through to the portal');
  }
  if (page.status === null)
    return broken('network path', `the portal does not answer: ${page.failure}`);
  if (!page.html.includes('name="voucher"')) {
    return broken('portal', `the portal shows no login form: status ${page.status}`);
  }
  return true;
}

/** Logs in and waits for the Accounting-Start; null when it ended otherwise, which is then a finding. */
export async function logIn(
  visit: Visit,
  guest: Guest,
  credential: Credential,
): Promise<Session | null> {
  const { findings, tally, world } = visit;
  const { outcome, code, url } = await tryLogin(guest, credential);
  if (outcome === 'refused') {
    const layer: Layer =
      code === null ? 'portal' : code === 'SW-ERROR' ? 'radius' : 'authorisation';
    findings.fail(layer, `a right login was refused: ${code ?? new URL(url).pathname}`);
    return null;
  }
  tally.accepted += 1;
  const session = await until(() => openSession(world, guest));
  if (session === null) findings.fail('accounting', 'no Accounting-Start came after a login');
  return session;
}

/** Tries a login that must be refused with `code`. */
export async function expectRefusal(
  visit: Visit,
  guest: Guest,
  credential: Credential,
  code: string,
): Promise<void> {
  const { findings, tally } = visit;
  if (!(await arrive(visit, guest))) return;
  const answer = await tryLogin(guest, credential);
  const said = answer.outcome === 'online' ? 'an open door' : (answer.code ?? 'no code');
  if (answer.outcome === 'refused' && answer.code !== null) {
    tally.rejected[answer.code] = (tally.rejected[answer.code] ?? 0) + 1;
  }
  findings.expect(said === code, 'authorisation', `${code} was due, ${said} came`);
}

/** Presses log-out; a status page that has no such button knows of no session. */
export async function logOut({ findings }: Visit, { phone }: Guest): Promise<void> {
  try {
    await phone.logout();
  } catch (error) {
    findings.fail('accounting', `log-out is not possible: ${errorMessage(error)}`);
  }
}

/** After a finding: whether the phone is still online, and so can log out, would say nothing new. */
export async function letGo({ phone }: Guest): Promise<void> {
  try {
    await phone.logout();
  } catch (error) {
    if (errorCode(error) !== 'PHONE_FORM_MISSING') throw error;
  }
}

/** The status page must know this phone by its source address, and say that it is online. */
export async function checkStatusPage({ findings }: Visit, guest: Guest): Promise<void> {
  const page = await guest.phone.status();
  findings.expect(
    page.status === 200 && /<form[^>]*action="[^"]*logout/.test(page.html),
    'network path',
    'the status page does not know the phone by its address',
  );
}

/** Names that must be blocked and names that must not, by the policy of the guest's village. */
export async function checkNames(
  { world, findings, tally }: Visit,
  guest: Guest,
  names: { blocked: readonly string[]; allowed: readonly string[] },
): Promise<void> {
  const sinkhole = world.config.resolver.blockAddress;
  for (const name of names.blocked) {
    const { rcode, addresses } = await guest.phone.resolve(name);
    if (rcode === null) findings.fail('dns', 'names are not answered');
    else if (rcode === 0 && addresses.length === 1 && addresses[0] === sinkhole) tally.blocked += 1;
    else findings.fail('filter', `${name} is not blocked`);
  }
  for (const name of names.allowed) {
    const { rcode, addresses } = await guest.phone.resolve(name);
    if (rcode === 0 && addresses.length > 0 && addresses[0] !== sinkhole) tally.allowed += 1;
    else findings.fail(rcode === null ? 'dns' : 'filter', `${name} is not answered`);
  }
}

export async function openSession(world: World, guest: Guest): Promise<Session | null> {
  const sessions = await world.store.listSessions({ routerId: guest.router.id, limit: 200 });
  return sessions.find((one) => one.mac === guest.mac && one.state === 'open') ?? null;
}

/** The end of a session as the store has it; null when it did not end in time. */
export function sessionEnd(world: World, id: string, seconds = 20): Promise<Session | null> {
  return until(async () => {
    const session = await world.store.session(id);
    return session?.state === 'closed' ? session : null;
  }, seconds);
}

async function tryLogin(guest: Guest, credential: Credential) {
  try {
    return await guest.phone.submit(credential);
  } catch (error) {
    return { outcome: 'refused', code: null, url: `about:${errorMessage(error)}` } as const;
  }
}

/** The mini-browser ended at a page of the router, because nothing there leads on to the portal. */
function notThePortal(page: OpenedPage): [Layer, string] {
  return page.status === null
    ? ['hotspot', `the router does not lead to the portal: ${page.failure}`]
    : ['login page', "the router's login page does not lead to the portal"];
}
