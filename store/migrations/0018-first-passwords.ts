/** Passwords that an officer hands out are for one login; and cards are given to children, too. */
export const sql = `
ALTER TABLE subscribers ADD COLUMN first_password BIGINT NOT NULL DEFAULT 0;
ALTER TABLE vouchers ADD COLUMN child BIGINT NOT NULL DEFAULT 0;
ALTER TABLE vouchers ADD COLUMN guardian_k TEXT;
`;
