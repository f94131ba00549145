/** Visits of the portal that go on over several pages. */
export const sql = `
CREATE TABLE tickets (
  id TEXT PRIMARY KEY,
  k TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  router_id TEXT NOT NULL,
  mac TEXT NOT NULL,
  document BYTEA NOT NULL,
  version BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  UNIQUE (kind, router_id, mac)
);
CREATE INDEX tickets_expiry ON tickets (expires_at);
`;
