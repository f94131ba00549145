/**
 * Configurations of routers as they were exported, each text once, sealed; values of our rows that were
 * changed by hand and are kept; upgrades on their way.
 */
export const sql = `
CREATE TABLE backup_texts (
  router_id TEXT NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  octets BIGINT NOT NULL,
  PRIMARY KEY (router_id, hash)
);
CREATE TABLE backups (
  router_id TEXT NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  hash TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('manual', 'apply', 'nightly', 'upgrade')),
  os_version TEXT NOT NULL,
  taken_at BIGINT NOT NULL,
  checked_at BIGINT NOT NULL,
  PRIMARY KEY (router_id, version)
);
CREATE TABLE row_overrides (
  router_id TEXT NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  row_key TEXT NOT NULL,
  property TEXT NOT NULL,
  value TEXT,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (router_id, path, row_key, property)
);
CREATE TABLE upgrades (
  router_id TEXT PRIMARY KEY REFERENCES routers (id) ON DELETE CASCADE,
  campaign TEXT NOT NULL,
  wave BIGINT NOT NULL,
  phase TEXT NOT NULL,
  phase_at BIGINT NOT NULL,
  document TEXT NOT NULL
);
`;
