/**
 * How routers come and go: the script that was handed out, the board that answered to it, keys that died, and the
 * account of whoever stands before a router without a tunnel. A router without a row here was set up by hand.
 */
export const sql = `
CREATE TABLE enrolments (
  router_id TEXT PRIMARY KEY REFERENCES routers (id) ON DELETE CASCADE,
  life TEXT NOT NULL DEFAULT 'active' CHECK (life IN ('active', 'spare', 'lost', 'released')),
  life_at BIGINT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  api_seed TEXT,
  public_key TEXT UNIQUE,
  preshared_key BYTEA,
  enrolled_at BIGINT,
  serial TEXT UNIQUE,
  board TEXT,
  pinned_at BIGINT,
  offer_k TEXT,
  offer_seed TEXT,
  offer_preshared_key BYTEA,
  offer_expires_at BIGINT
);
CREATE TABLE revoked_keys (
  public_key TEXT PRIMARY KEY,
  router TEXT NOT NULL,
  reason TEXT NOT NULL,
  revoked_at BIGINT NOT NULL
);
CREATE TABLE service_accounts (
  router_id TEXT PRIMARY KEY REFERENCES routers (id) ON DELETE CASCADE,
  seed TEXT NOT NULL,
  next_seed TEXT,
  revealed_at BIGINT,
  revealed_by TEXT,
  reason TEXT
);
`;
