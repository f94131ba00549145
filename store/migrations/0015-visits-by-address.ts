/** A visit is of the address that began it, too: whoever names the MAC of another phone finds nothing of theirs. */
export const sql = `
CREATE TABLE visits (
  id TEXT PRIMARY KEY,
  k TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  router_id TEXT NOT NULL,
  address TEXT NOT NULL DEFAULT '',
  mac TEXT NOT NULL,
  document BYTEA NOT NULL,
  version BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  UNIQUE (kind, router_id, address, mac)
);
INSERT INTO visits (id, k, kind, router_id, mac, document, version, created_at, expires_at)
  SELECT id, k, kind, router_id, mac, document, version, created_at, expires_at FROM tickets;
DROP TABLE tickets;
ALTER TABLE visits RENAME TO tickets;
CREATE INDEX tickets_expiry ON tickets (expires_at);
`;
