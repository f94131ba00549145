/**
 * What officers answer. Names that an answered appeal has opened, for how long, and what held before: when their
 * time is over they go from the policy, and what was denied is denied again. Cases: when one was looked into.
 */
export const sql = `
CREATE TABLE allowed_names (
  level TEXT NOT NULL CHECK (level IN ('regency', 'district', 'village')),
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  until_at BIGINT NOT NULL,
  was_denied BIGINT NOT NULL,
  PRIMARY KEY (code, name)
);
CREATE INDEX allowed_names_until ON allowed_names (until_at);
ALTER TABLE cases ADD COLUMN shown_at BIGINT;
`;
