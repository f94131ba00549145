/**
 * What a proof is good for. Of one ticket one token lives: however often the button is pressed, the same is told
 * again. And an account counts how often all access to it was ended: what was proven before opens nothing after.
 */
export const sql = `
ALTER TABLE tokens ADD COLUMN ticket TEXT;
CREATE INDEX tokens_of_ticket ON tokens (ticket) WHERE ticket IS NOT NULL;
ALTER TABLE subscribers ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE vouchers ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
`;
