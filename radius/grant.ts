/** What an Access-Accept tells a NAS: the session's name for accounting (Class), and its limits. */
import type { LoginGrant } from '../store/types.ts';
import type { AttributeValue } from './codec.ts';

const GIGAWORD = 2 ** 32;

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

/** A low word of 0 means "no limit" to a router that ignores Gigawords: one octet less is sent then. */
function totalLimit(octets: number): AttributeValue[] {
  const limit = octets % GIGAWORD === 0 ? octets - 1 : octets;
  const attributes: AttributeValue[] = [['Mikrotik-Total-Limit', limit % GIGAWORD]];
  if (limit >= GIGAWORD) {
    attributes.push(['Mikrotik-Total-Limit-Gigawords', Math.floor(limit / GIGAWORD)]);
  }
  return attributes;
}
