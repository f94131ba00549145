/**
 * The counter: what became of each batch of vouchers, and what a tariff costs where selling is permitted. The
 * index finds the past sessions of a phone.
 */
export const sql = `
ALTER TABLE tariffs ADD COLUMN price_minor BIGINT;
CREATE TABLE batch_events (
  id TEXT PRIMARY KEY,
  batch TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('created', 'printed', 'handed')),
  at BIGINT NOT NULL,
  officer TEXT,
  first_serial BIGINT NOT NULL,
  last_serial BIGINT NOT NULL,
  detail TEXT NOT NULL,
  CHECK (first_serial >= 1 AND last_serial >= first_serial)
);
CREATE INDEX batch_events_batch ON batch_events (batch, at);
CREATE INDEX sessions_past_phone ON sessions (mac, started_at) WHERE state = 'closed';
`;
