/** Of one ticket, one token lives: however often the button is pressed, the same is told again. */
export const sql = `
ALTER TABLE tokens ADD COLUMN ticket TEXT;
CREATE INDEX tokens_of_ticket ON tokens (ticket) WHERE ticket IS NOT NULL;
`;
