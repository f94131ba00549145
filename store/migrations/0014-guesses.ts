/** How often a voucher code was tried that nobody has. */
export const sql = `
CREATE TABLE guesses (
  router_id TEXT PRIMARY KEY,
  full_at BIGINT NOT NULL
);
`;
