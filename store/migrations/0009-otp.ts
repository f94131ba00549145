/** Proofs of phone numbers, each of a ticket, and the budgets of sending them. No number is kept in the clear. */
export const sql = `
CREATE TABLE otp_codes (
  ticket_id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  phone_k TEXT,
  phone BYTEA,
  code_k TEXT,
  link_k TEXT,
  word_k TEXT,
  tries_left BIGINT NOT NULL DEFAULT 0,
  expires_at BIGINT NOT NULL,
  resend_at BIGINT NOT NULL DEFAULT 0,
  word_until BIGINT NOT NULL DEFAULT 0,
  proven_by TEXT,
  purge_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX otp_codes_link ON otp_codes (link_k) WHERE link_k IS NOT NULL;
CREATE UNIQUE INDEX otp_codes_word ON otp_codes (word_k) WHERE word_k IS NOT NULL;
CREATE INDEX otp_codes_purge ON otp_codes (purge_at);
CREATE TABLE otp_budgets (
  scope TEXT NOT NULL,
  k TEXT NOT NULL,
  ends_at BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (scope, k, ends_at)
);
CREATE INDEX otp_budgets_end ON otp_budgets (ends_at);
CREATE INDEX sessions_grace ON sessions (router_id, mac)
  WHERE state <> 'closed' AND username LIKE 'sw-grace-%';
`;
