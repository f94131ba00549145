/** A phone that a router has let in with a token of the portal, as RADIUS and its accounting do. */
import type { Store } from '../../../store/contract.ts';
import type { AccountKind, OpenLoginResult, Router, Session } from '../../../store/types.ts';
import { accounting } from '../../fixtures/rows.ts';

export interface Arrival {
  readonly router: Router;
  readonly mac: string;
  readonly at: number;
  /** How many phones the account may have online. */
  readonly devices?: number;
}

/** The router spends the token. */
export function spendToken(
  store: Store,
  { router, mac, at, devices = 5 }: Arrival,
  token: { readonly username: string; readonly token: string },
): Promise<OpenLoginResult> {
  return store.openLogin({
    proof: { kind: 'token', ...token },
    mac,
    routerId: router.id,
    devices,
    whenFull: 'refuse',
    at,
    rate: null,
    sessionTimeoutSeconds: null,
    totalLimitOctets: null,
    validUntil: at + 86_400_000,
  });
}

/** Online with this account, at this address; the id of the session. */
export async function goOnline(
  store: Store,
  arrival: Arrival & { readonly framedIp: string; readonly grace?: true },
  account: { readonly kind: AccountKind; readonly id: string },
): Promise<string> {
  const { router, mac, at, framedIp, grace } = arrival;
  const token = await store.issueToken({
    accountKind: account.kind,
    accountId: account.id,
    mac,
    routerId: router.id,
    phone: 'android',
    at,
    ttlMs: 60_000,
    ...(grace === undefined ? {} : { grace }),
  });
  const opened = await spendToken(store, arrival, token);
  if (opened.outcome !== 'opened') throw new Error(opened.outcome);
  const { sessionId } = opened;
  const { username } = token;
  const start = { status: 'start', username, mac, framedIp, eventAt: at } as const;
  await store.recordAccounting(
    accounting(router.id, sessionId, { ...start, acctSessionId: sessionId }),
  );
  return sessionId;
}

export async function goOffline(
  store: Store,
  router: Router,
  { id, mac, username }: Session,
  at: number,
): Promise<void> {
  const stop = { status: 'stop', username, mac, eventAt: at, cause: 'User-Request' } as const;
  await store.recordAccounting(accounting(router.id, id, { ...stop, acctSessionId: id }));
}
