/**
 * A village loses power: nothing says goodbye. When it returns, the sessions of before are closed,
 * what was counted stays counted, and the citizen gets in again with the same voucher.
 */

import type { Props } from './cast.ts';
import {
  arrive,
  type Guest,
  guestAt,
  logIn,
  logOut,
  openSession,
  sessionEnd,
  type Visit,
} from './guest.ts';
import { TARIFFS } from './plan.ts';
import { until } from './until.ts';

const FIRST_PHONE = 900;

/** `online` are the phones that are there; returns those that still are afterwards. */
export async function powerCut(
  visit: Visit,
  props: Props,
  online: readonly Guest[],
): Promise<Guest[]> {
  const routerId = visit.world.routers.at(-1)!.id;
  const here = online.filter((guest) => guest.router.id === routerId);
  await cutAndReturn(visit, props, here);
  return online.filter((guest) => guest.router.id !== routerId);
}

async function cutAndReturn(visit: Visit, props: Props, others: readonly Guest[]): Promise<void> {
  const { world, findings } = visit;
  const routerIndex = world.routers.length - 1;
  const guest = guestAt(world, routerIndex, FIRST_PHONE);
  const { router, phone } = guest;
  const { code } = await props.voucher(TARIFFS.resident);
  if (!(await arrive(visit, guest))) return;
  const session = await logIn(visit, guest, { voucher: code });
  if (session === null) return;
  await phone.fetch('http://berita.example/bytes/5000');
  await Promise.all([guest, ...others].map((one) => reported(visit, one)));

  await world.simulator.powerCut(router.name);
  await world.simulator.powerOn(router.name);
  const ended = await sessionEnd(world, session.id);
  findings.expect(ended !== null, 'power', 'a session that lost power stays open');
  if (ended !== null) {
    findings.expect(
      ended.stopCause === 'NAS-Reboot',
      'power',
      `NAS-Reboot was due, ${ended.stopCause} came`,
    );
  }
  if (!(await arrive(visit, guest))) return;
  const again = await logIn(visit, guest, { voucher: code });
  if (again === null) return;
  findings.expect(again.id !== session.id, 'power', 'the session of before the cut was reused');
  await logOut(visit, guest);
}

/** Waits for the Interim-Update that carries what the phone counted. */
async function reported({ world, findings }: Visit, guest: Guest): Promise<void> {
  const before = await openSession(world, guest);
  const counts = await guest.phone.counts();
  const seen = await until(async () => {
    const session = await openSession(world, guest);
    return (
      session?.inputOctets === counts.inputOctets && session.outputOctets === counts.outputOctets
    );
  });
  if (seen !== null) return;
  const after = await openSession(world, guest);
  if (after !== null && after.updatedAt > (before?.updatedAt ?? 0)) {
    findings.fail('octets', 'the Interim-Updates do not carry what the phone used');
  } else findings.fail('accounting', 'no Interim-Update comes');
}
