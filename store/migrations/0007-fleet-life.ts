/**
 * What is pinned of a router beside its board, rows that somebody changed by hand and since when; and an end to
 * the intervals of routers that serve nobody, which would count as down for ever.
 */
export const sql = `
ALTER TABLE routers ADD COLUMN api_ssl BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrolments ADD COLUMN certificate TEXT;
CREATE TABLE drift_rows (
  router_id TEXT NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  row_name TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (router_id, row_name)
);
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
UPDATE state_intervals SET ended_at = (
    SELECT CASE WHEN e.life_at > state_intervals.started_at THEN e.life_at
      ELSE state_intervals.started_at + 1 END
    FROM enrolments e WHERE e.router_id = state_intervals.router_id)
  WHERE ended_at IS NULL
    AND router_id IN (SELECT router_id FROM enrolments WHERE life <> 'active');
`;
