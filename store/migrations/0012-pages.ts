/** What the portal's pages keep. The index finds whose an address was, when its session is over. */
export const sql = `
CREATE TABLE announcements (
  id TEXT PRIMARY KEY,
  level TEXT NOT NULL CHECK (level IN ('regency', 'district', 'village')),
  code TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('news', 'service')),
  body TEXT NOT NULL,
  body_en TEXT,
  shown_from BIGINT,
  shown_until BIGINT,
  position BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX announcements_code ON announcements (code);
CREATE TABLE appeals (
  village_code TEXT NOT NULL,
  name TEXT NOT NULL,
  category TEXT,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'allowed', 'rejected')),
  counts TEXT NOT NULL,
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL,
  decided_at BIGINT,
  PRIMARY KEY (village_code, name)
);
CREATE INDEX appeals_state ON appeals (state, last_day);
CREATE TABLE cases (
  id TEXT PRIMARY KEY,
  k TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL UNIQUE,
  code BYTEA NOT NULL,
  facts BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX cases_expiry ON cases (expires_at);
CREATE INDEX sessions_ended ON sessions (framed_ip, stopped_at) WHERE state = 'closed';
`;
