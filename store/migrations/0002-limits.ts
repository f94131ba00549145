/** Limits by week and month, fair use, opening hours, devices, roll-ups, changes of open sessions. */
export const sql = `
ALTER TABLE tariffs ADD COLUMN burst_down_kbps BIGINT;
ALTER TABLE tariffs ADD COLUMN burst_up_kbps BIGINT;
ALTER TABLE tariffs ADD COLUMN burst_seconds BIGINT;
ALTER TABLE tariffs ADD COLUMN session_octets BIGINT;
ALTER TABLE tariffs ADD COLUMN weekly_seconds BIGINT;
ALTER TABLE tariffs ADD COLUMN weekly_octets BIGINT;
ALTER TABLE tariffs ADD COLUMN monthly_seconds BIGINT;
ALTER TABLE tariffs ADD COLUMN monthly_octets BIGINT;
ALTER TABLE tariffs ADD COLUMN when_full TEXT NOT NULL DEFAULT 'refuse'
  CHECK (when_full IN ('refuse', 'replace'));
ALTER TABLE tariffs ADD COLUMN fair_use TEXT NOT NULL DEFAULT '[]';
ALTER TABLE subscribers ADD COLUMN network_password BYTEA;
ALTER TABLE tokens ADD COLUMN sealed BYTEA;
ALTER TABLE routers ADD COLUMN limit_proxy_state TEXT NOT NULL DEFAULT 'yes';
ALTER TABLE sessions ADD COLUMN tariff_id TEXT;
ALTER TABLE sessions ADD COLUMN bucket TEXT;
ALTER TABLE sessions ADD COLUMN earlier TEXT;
ALTER TABLE sessions ADD COLUMN rate TEXT;
ALTER TABLE sessions ADD COLUMN wanted TEXT;
ALTER TABLE sessions ADD COLUMN wanted_at BIGINT;
ALTER TABLE sessions ADD COLUMN wanted_reason TEXT;
ALTER TABLE sessions ADD COLUMN wanted_attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN leased_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN enforce_error TEXT;
DROP INDEX sessions_disconnect;
CREATE INDEX sessions_enforce ON sessions (leased_until)
  WHERE state = 'open' AND (wanted IS NOT NULL
    OR (disconnect_requested_at IS NOT NULL AND disconnect_acked_at IS NULL));
DROP INDEX sessions_router;
CREATE INDEX sessions_phone ON sessions (router_id, mac, started_at);
DROP INDEX sessions_open;
CREATE INDEX sessions_open ON sessions (state) WHERE state <> 'closed';
CREATE INDEX sessions_stopped ON sessions (stopped_at) WHERE state = 'closed';
ALTER TABLE usage_days ADD COLUMN input_octets BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_days ADD COLUMN sessions BIGINT NOT NULL DEFAULT 0;
CREATE INDEX usage_days_day ON usage_days (day);
CREATE TABLE opening_hours (
  level TEXT NOT NULL CHECK (level IN ('regency', 'district', 'village')),
  code TEXT NOT NULL,
  hours TEXT NOT NULL,
  PRIMARY KEY (level, code)
);
CREATE TABLE devices (
  mac TEXT PRIMARY KEY,
  account_kind TEXT NOT NULL,
  account_id TEXT NOT NULL,
  label TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT
);
CREATE TABLE usage_rollups (
  kind TEXT NOT NULL CHECK (kind IN ('router', 'tariff', 'account')),
  period TEXT NOT NULL CHECK (period IN ('hour', 'day')),
  bucket TEXT NOT NULL,
  id TEXT NOT NULL,
  input_octets BIGINT NOT NULL DEFAULT 0,
  output_octets BIGINT NOT NULL DEFAULT 0,
  seconds BIGINT NOT NULL DEFAULT 0,
  sessions BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, period, bucket, id)
);
`;
