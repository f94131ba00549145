/**
 * A login writes to no index that only looks back. Past sessions of an account have one of their own, which a
 * session enters when it ends; open ones are found as before. Grace passes are in the order that they are asked
 * for, else SQLite takes another index; and what one is called is compared, not matched, since the condition
 * of an index is looked at for every session that is written.
 */
export const sql = `
DROP INDEX sessions_of_account;
CREATE INDEX sessions_past_account ON sessions (account_id, started_at) WHERE state = 'closed';
DROP INDEX sessions_grace;
CREATE INDEX sessions_grace ON sessions (router_id, mac, started_at)
  WHERE username >= 'sw-grace-' AND username < 'sw-grace.' AND state <> 'closed';
`;
