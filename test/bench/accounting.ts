/** Accounting as routers send it: 2,000 sessions at a time, each with a Start, three reports and a Stop. */
import type { Store } from '../../store/contract.ts';
import type { AccountingEvent, Router } from '../../store/types.ts';

interface Living {
  readonly id: string;
  readonly mac: string;
  readonly number: number;
  step: number;
}

export interface AccountingLoad {
  /** Sessions take turns; one that has stopped makes room for the next. */
  next(count: number): AccountingEvent[];
}

const SESSIONS = 2000;
const STEPS = 5;
const LOGINS_AT_ONCE = 250;

/** Logs in as many sessions as `events` reports need, each with an account of its own. */
export async function accountingLoad(
  store: Store,
  place: { readonly router: Router; readonly tariff: string; readonly at: number },
  events: number,
): Promise<AccountingLoad> {
  const waiting: Living[] = [];
  while (waiting.length < SESSIONS + events / STEPS) {
    waiting.push(...(await logIn(store, place, waiting.length)));
  }
  const living = waiting.splice(0, SESSIONS);
  for (const [i, session] of living.entries()) session.step = i % STEPS;
  let turn = 0;
  let at = place.at;
  const one = (): AccountingEvent => {
    let session = living[turn % SESSIONS]!;
    if (session.step === STEPS) {
      session = waiting.pop()!;
      living[turn % SESSIONS] = session;
    }
    turn += 1;
    at += 20;
    session.step += 1;
    return report(session, place.router.id, at);
  };
  return { next: (count) => Array.from({ length: count }, one) };
}

async function logIn(
  store: Store,
  place: { readonly router: Router; readonly tariff: string; readonly at: number },
  from: number,
): Promise<Living[]> {
  const { router, tariff, at } = place;
  const batch = `bench-${from}`;
  const accounts = await store.createVouchers({
    tariff,
    count: LOGINS_AT_ONCE,
    villageCode: null,
    batch,
    at,
  });
  return Promise.all(
    accounts.map(async ({ id: accountId }, i) => {
      const number = from + i;
      const mac = `AA:BB:CC:${hex(number >> 16)}:${hex(number >> 8)}:${hex(number)}`;
      const username = `bench-${number}`;
      const result = await store.openLogin({
        proof: { kind: 'account', accountKind: 'voucher', accountId, username },
        mac,
        routerId: router.id,
        devices: 1,
        whenFull: 'refuse',
        rate: null,
        sessionTimeoutSeconds: 3600,
        totalLimitOctets: null,
        validUntil: null,
        at,
      });
      if (result.outcome !== 'opened') throw new Error(`login ended as ${result.outcome}`);
      return { id: result.sessionId, mac, number, step: 0 };
    }),
  );
}

function report({ id, mac, number, step }: Living, routerId: string, at: number): AccountingEvent {
  const hour = new Date(at).toISOString().slice(0, 13);
  const middle = step === STEPS ? 'stop' : 'interim';
  return {
    routerId,
    status: step === 1 ? 'start' : middle,
    acctSessionId: (0x8000_0000 + number).toString(16),
    username: `bench-${number}`,
    sessionId: id,
    mac,
    framedIp: `172.16.${(number >> 8) & 255}.${number & 255}`,
    inputOctets: step * 1_000,
    outputOctets: step * 9_000,
    seconds: step * 60,
    eventAt: at,
    day: hour.slice(0, 10),
    hour,
    cause: step === STEPS ? 'User-Request' : null,
  };
}

function hex(byte: number): string {
  return (byte & 255).toString(16).padStart(2, '0').toUpperCase();
}
