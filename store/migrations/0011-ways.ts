/** Ways in: phones that are remembered with their citizen's consent, and click accounts by the day. */
export const sql = `
ALTER TABLE devices ADD COLUMN origin TEXT NOT NULL DEFAULT 'operator'
  CHECK (origin IN ('operator', 'consent'));
CREATE INDEX devices_account ON devices (account_id);
ALTER TABLE tokens ADD COLUMN remember_until BIGINT;
CREATE TABLE click_days (
  village_code TEXT NOT NULL,
  day TEXT NOT NULL,
  made BIGINT NOT NULL,
  PRIMARY KEY (village_code, day)
);
`;
