/** What is kept of an account as one document, in words that need no manual. */
import type { Account, OwnData } from '../../store/types.ts';

/** Pure. Instants as ISO 8601. Nothing of other people: no hashes of theirs, no router's address. */
export function exportOf(account: Pick<Account, 'kind' | 'tariff' | 'validUntil'>, data: OwnData) {
  const { profile } = data;
  return {
    account: {
      kind: account.kind,
      tariff: account.tariff.name,
      validUntil: instant(account.validUntil),
      ...(profile === null ? {} : { ...profile, createdAt: instant(profile.createdAt) }),
    },
    days: data.days,
    sessions: data.sessions.map((session) => ({
      router: session.router,
      village: session.villageCode,
      device: session.mac,
      address: session.framedIp,
      startedAt: instant(session.startedAt),
      stoppedAt: instant(session.stoppedAt),
      seconds: session.seconds,
      uploadedOctets: session.inputOctets,
      downloadedOctets: session.outputOctets,
    })),
    topUps: data.topUps.map((topUp) => ({ ...topUp, at: instant(topUp.at) })),
    consents: data.consents.map(({ at, act, purposes, terms, privacy, language, ...where }) => ({
      at: instant(at),
      act,
      purposes,
      terms,
      privacy,
      language,
      village: where.villageCode,
      router: where.router,
      method: where.method,
    })),
    requests: data.requests.map(({ kind, requestedAt, dueAt, doneAt, cancelledAt }) => ({
      kind,
      requestedAt: instant(requestedAt),
      dueAt: instant(dueAt),
      doneAt: instant(doneAt),
      cancelledAt: instant(cancelledAt),
    })),
  };
}

function instant(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
