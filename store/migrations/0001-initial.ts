/** The first schema. Portable types; the migrator maps them and makes SQLite tables STRICT. */
export const sql = `
CREATE TABLE villages (
  code TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('desa', 'kelurahan', 'other')),
  district_code TEXT NOT NULL,
  district_name TEXT NOT NULL,
  regency_code TEXT NOT NULL,
  regency_name TEXT NOT NULL,
  province_name TEXT NOT NULL,
  latitude DOUBLE PRECISION,
  longitude DOUBLE PRECISION,
  updated_at BIGINT NOT NULL
);
CREATE TABLE routers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  village_code TEXT NOT NULL REFERENCES villages (code),
  address TEXT NOT NULL UNIQUE,
  api_port BIGINT NOT NULL,
  api_user TEXT NOT NULL,
  api_password BYTEA NOT NULL,
  nas_secret BYTEA NOT NULL,
  coa_port BIGINT NOT NULL,
  lan_first BIGINT NOT NULL UNIQUE,
  hotspot_port BIGINT NOT NULL,
  login_host TEXT NOT NULL,
  require_message_authenticator TEXT NOT NULL DEFAULT 'yes',
  created_at BIGINT NOT NULL,
  applied_digest TEXT,
  applied_at BIGINT,
  provisioning TEXT NOT NULL DEFAULT 'new'
    CHECK (provisioning IN ('new', 'applied', 'drifted', 'failed')),
  provisioning_detail TEXT,
  boot_at BIGINT,
  input_octets BIGINT NOT NULL DEFAULT 0,
  output_octets BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX routers_village ON routers (village_code);
CREATE TABLE tariffs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  down_kbps BIGINT,
  up_kbps BIGINT,
  session_seconds BIGINT,
  daily_seconds BIGINT,
  daily_octets BIGINT,
  validity_seconds BIGINT,
  devices BIGINT NOT NULL CHECK (devices >= 1),
  created_at BIGINT NOT NULL
);
CREATE TABLE vouchers (
  id TEXT PRIMARY KEY,
  k TEXT NOT NULL UNIQUE,
  code BYTEA NOT NULL,
  tariff_id TEXT NOT NULL REFERENCES tariffs (id),
  village_code TEXT REFERENCES villages (code),
  batch TEXT NOT NULL,
  disabled BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  first_login_at BIGINT,
  valid_until BIGINT
);
CREATE INDEX vouchers_batch ON vouchers (batch);
CREATE TABLE subscribers (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  tariff_id TEXT NOT NULL REFERENCES tariffs (id),
  village_code TEXT REFERENCES villages (code),
  disabled BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  first_login_at BIGINT,
  valid_until BIGINT
);
CREATE INDEX subscribers_unhardened ON subscribers (id) WHERE password_hash LIKE 'k$%';
CREATE TABLE tokens (
  username TEXT PRIMARY KEY,
  k TEXT NOT NULL,
  account_kind TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mac TEXT NOT NULL,
  router_id TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  spent_at BIGINT,
  session_id TEXT
);
CREATE INDEX tokens_expiry ON tokens (expires_at);
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  router_id TEXT NOT NULL,
  router TEXT NOT NULL,
  village_code TEXT NOT NULL,
  account_kind TEXT,
  account_id TEXT,
  username TEXT NOT NULL,
  mac TEXT NOT NULL,
  framed_ip TEXT,
  acct_session_id TEXT,
  state TEXT NOT NULL CHECK (state IN ('opening', 'open', 'closed')),
  started_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  stopped_at BIGINT,
  stop_cause TEXT,
  input_octets BIGINT NOT NULL DEFAULT 0,
  output_octets BIGINT NOT NULL DEFAULT 0,
  seconds BIGINT NOT NULL DEFAULT 0,
  session_timeout_seconds BIGINT,
  total_limit_octets BIGINT,
  disconnect_requested_at BIGINT,
  disconnect_reason TEXT,
  disconnect_attempts BIGINT NOT NULL DEFAULT 0,
  disconnect_acked_at BIGINT
);
CREATE INDEX sessions_account ON sessions (account_id) WHERE state <> 'closed';
CREATE INDEX sessions_address ON sessions (framed_ip) WHERE state <> 'closed';
CREATE INDEX sessions_router ON sessions (router_id, acct_session_id);
CREATE INDEX sessions_open ON sessions (updated_at) WHERE state <> 'closed';
CREATE INDEX sessions_disconnect ON sessions (disconnect_requested_at)
  WHERE disconnect_requested_at IS NOT NULL AND disconnect_acked_at IS NULL AND state = 'open';
CREATE TABLE usage_days (
  account_kind TEXT NOT NULL,
  account_id TEXT NOT NULL,
  day TEXT NOT NULL,
  octets BIGINT NOT NULL DEFAULT 0,
  seconds BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, day)
);
CREATE TABLE policies (
  level TEXT NOT NULL CHECK (level IN ('regency', 'district', 'village')),
  code TEXT NOT NULL,
  block TEXT NOT NULL,
  allow TEXT NOT NULL,
  deny TEXT NOT NULL,
  PRIMARY KEY (level, code)
);
CREATE TABLE lists (
  name TEXT PRIMARY KEY,
  category TEXT NOT NULL,
  format TEXT NOT NULL,
  match TEXT NOT NULL,
  source TEXT NOT NULL,
  entries BIGINT NOT NULL,
  sha256 TEXT,
  updated_at BIGINT,
  error TEXT
);
CREATE TABLE state_intervals (
  router_id TEXT NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('up', 'down', 'maintenance', 'unknown')),
  cause TEXT,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (router_id, started_at),
  CHECK (ended_at IS NULL OR ended_at > started_at)
);
CREATE UNIQUE INDEX state_intervals_open ON state_intervals (router_id) WHERE ended_at IS NULL;
CREATE TABLE marks (
  name TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE TABLE audit (
  seq BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  hash TEXT NOT NULL
);
`;
