/**
 * Citizens' own accounts, what they agreed to, and their rights. Phone numbers, names and NIK are kept
 * sealed; what they are found by is a keyed hash (`…_k`), which names nobody without the store key. The
 * ledger of consents holds keyed hashes only, so that it outlives the accounts it speaks of.
 */
export const sql = `
ALTER TABLE subscribers ADD COLUMN origin TEXT NOT NULL DEFAULT 'operator'
  CHECK (origin IN ('operator', 'self', 'otp', 'click', 'registrar', 'oidc'));
ALTER TABLE subscribers ADD COLUMN citizen_k TEXT;
ALTER TABLE subscribers ADD COLUMN phone_k TEXT;
ALTER TABLE subscribers ADD COLUMN phone BYTEA;
ALTER TABLE subscribers ADD COLUMN phone_proved_at BIGINT;
ALTER TABLE subscribers ADD COLUMN display_name BYTEA;
ALTER TABLE subscribers ADD COLUMN nik_k TEXT;
ALTER TABLE subscribers ADD COLUMN nik BYTEA;
ALTER TABLE subscribers ADD COLUMN child BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscribers ADD COLUMN guardian_k TEXT;
CREATE UNIQUE INDEX subscribers_citizen ON subscribers (citizen_k) WHERE citizen_k IS NOT NULL;
CREATE UNIQUE INDEX subscribers_phone ON subscribers (phone_k) WHERE phone_k IS NOT NULL;
CREATE INDEX subscribers_nik ON subscribers (nik_k) WHERE nik_k IS NOT NULL;
ALTER TABLE tokens ADD COLUMN phone TEXT;
ALTER TABLE sessions ADD COLUMN phone TEXT;
CREATE INDEX sessions_of_account ON sessions (account_id, started_at);
ALTER TABLE usage_days ADD COLUMN credit_octets BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_days ADD COLUMN credit_seconds BIGINT NOT NULL DEFAULT 0;
CREATE TABLE top_ups (
  voucher_id TEXT PRIMARY KEY REFERENCES vouchers (id),
  account_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  day TEXT NOT NULL,
  octets BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  validity_seconds BIGINT NOT NULL
);
CREATE INDEX top_ups_account ON top_ups (account_id);
CREATE TABLE legal_texts (
  hash TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (document IN ('terms', 'privacy')),
  version TEXT NOT NULL,
  indonesian TEXT NOT NULL,
  english TEXT NOT NULL,
  first_at BIGINT NOT NULL
);
CREATE TABLE consents (
  seq BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  act TEXT NOT NULL CHECK (act IN ('given', 'withdrawn')),
  purposes TEXT NOT NULL,
  terms TEXT NOT NULL,
  privacy TEXT NOT NULL,
  language TEXT NOT NULL,
  village_code TEXT NOT NULL,
  router TEXT NOT NULL,
  method TEXT NOT NULL,
  account_k TEXT NOT NULL,
  phone_k TEXT,
  mac_k TEXT NOT NULL,
  guardian_k TEXT,
  hash TEXT NOT NULL
);
CREATE INDEX consents_account ON consents (account_k);
CREATE INDEX consents_phone ON consents (phone_k) WHERE phone_k IS NOT NULL;
CREATE TABLE consents_held (
  holder_k TEXT PRIMARY KEY,
  holder TEXT NOT NULL CHECK (holder IN ('subscriber', 'voucher', 'phone')),
  terms TEXT NOT NULL,
  privacy TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX consents_held_age ON consents_held (at) WHERE holder <> 'subscriber';
CREATE TABLE rights_requests (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('erase', 'withdraw', 'export', 'correct')),
  account_kind TEXT NOT NULL,
  account_id TEXT,
  account_k TEXT NOT NULL,
  via TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  begins_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  done_at BIGINT,
  cancelled_at BIGINT
);
CREATE INDEX rights_requests_open ON rights_requests (begins_at)
  WHERE done_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX rights_requests_account ON rights_requests (account_id) WHERE account_id IS NOT NULL;
`;
