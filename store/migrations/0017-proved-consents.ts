/**
 * A consent counts once the router has let the very phone in: until then it waits with the one-time token,
 * and then, for a moment, for its place in the chain of the ledger. A remembered phone keeps which texts it
 * has agreed to.
 */
export const sql = `
ALTER TABLE tokens ADD COLUMN consent TEXT;
ALTER TABLE tokens ADD COLUMN agreed TEXT;
ALTER TABLE devices ADD COLUMN agreed TEXT;
CREATE TABLE consents_taken (
  token TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  account_k TEXT NOT NULL,
  mac_k TEXT NOT NULL,
  terms TEXT NOT NULL,
  privacy TEXT NOT NULL,
  document TEXT NOT NULL
);
CREATE INDEX consents_taken_account ON consents_taken (account_k);
CREATE INDEX consents_taken_mac ON consents_taken (mac_k);
`;
