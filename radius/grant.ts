/** What an Access-Accept tells a NAS: the session's name for accounting (Class), and its limits. */
import type { LoginGrant } from '../store/types.ts';
import type { AttributeValue } from './codec.ts';

const GIGAWORD = 2 ** 32;
/** The firewall of our routers lets phones on it reach messengers only (controller/desired/grace.ts). */
const GRACE_LIST = 'sw-grace';

/** What an Access-Accept for a grace pass carries besides. */
export const GRACE: readonly AttributeValue[] = [['Mikrotik-Address-List', GRACE_LIST]];

export function grantAttributes(
  sessionId: string,
  grant: LoginGrant,
  interimSeconds: number,
): AttributeValue[] {
  const attributes: AttributeValue[] = [['Class', sessionId]];
  if (grant.sessionTimeoutSeconds !== null) {
    attributes.push(['Session-Timeout', Math.min(grant.sessionTimeoutSeconds, GIGAWORD - 1)]);
  }
  attributes.push(['Acct-Interim-Interval', interimSeconds]);
  if (grant.totalLimitOctets !== null) attributes.push(...totalLimit(grant.totalLimitOctets));
  if (grant.rate !== null) attributes.push(['Mikrotik-Rate-Limit', grant.rate]);
  return attributes;
}

function totalLimit(octets: number): AttributeValue[] {
  const [low, gigawords] = limitWords(octets);
  const attributes: AttributeValue[] = [['Mikrotik-Total-Limit', low]];
  if (gigawords > 0) attributes.push(['Mikrotik-Total-Limit-Gigawords', gigawords]);
  return attributes;
}

/**
 * A limit in octets as its low word and Gigawords. A low word of 0 means "no limit" to a router that
 * ignores Gigawords: one octet less is sent then.
 */
export function limitWords(octets: number): [low: number, gigawords: number] {
  const limit = octets % GIGAWORD === 0 ? Math.max(1, octets - 1) : octets;
  return [limit % GIGAWORD, Math.floor(limit / GIGAWORD)];
}
