/**
 * Citizens' own accounts. Phone numbers, names and NIK are kept sealed; what they are found by is a keyed
 * hash (`…_k`), which names nobody without the store key.
 */
export const sql = `
ALTER TABLE subscribers ADD COLUMN origin TEXT NOT NULL DEFAULT 'operator'
  CHECK (origin IN ('operator', 'self', 'otp', 'click', 'registrar', 'oidc'));
ALTER TABLE subscribers ADD COLUMN citizen_k TEXT;
ALTER TABLE subscribers ADD COLUMN phone_k TEXT;
ALTER TABLE subscribers ADD COLUMN phone BYTEA;
ALTER TABLE subscribers ADD COLUMN phone_proved_at BIGINT;
ALTER TABLE subscribers ADD COLUMN display_name BYTEA;
CREATE UNIQUE INDEX subscribers_citizen ON subscribers (citizen_k) WHERE citizen_k IS NOT NULL;
CREATE UNIQUE INDEX subscribers_phone ON subscribers (phone_k) WHERE phone_k IS NOT NULL;
`;
