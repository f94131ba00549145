/** Settings of routers, villages, districts and regencies, and the parts that operators add. */
export const sql = `
CREATE TABLE settings (
  level TEXT NOT NULL CHECK (level IN ('regency', 'district', 'village', 'router')),
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT,
  sealed BYTEA,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (level, code, name),
  CHECK ((value IS NULL) <> (sealed IS NULL))
);
CREATE TABLE parts (
  level TEXT NOT NULL CHECK (level IN ('regency', 'district', 'village', 'router')),
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (level, code, name)
);
`;
