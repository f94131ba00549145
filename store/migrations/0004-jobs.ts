/** Work on routers, one at a time each, and rollouts that let it out wave by wave. */
export const sql = `
CREATE TABLE rollouts (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  note TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'stopped', 'aborted', 'done')),
  reason TEXT,
  wave BIGINT NOT NULL,
  waves BIGINT NOT NULL,
  max_failures BIGINT NOT NULL,
  hours TEXT,
  created_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  router_id TEXT NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  rollout_id TEXT REFERENCES rollouts (id),
  wave BIGINT,
  link TEXT NOT NULL,
  urgent BIGINT NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('held', 'waiting', 'running', 'done', 'failed')),
  attempts BIGINT NOT NULL DEFAULT 0,
  not_before BIGINT NOT NULL,
  lease_owner TEXT,
  lease_until BIGINT NOT NULL DEFAULT 0,
  detail TEXT,
  requested_at BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT
);
CREATE UNIQUE INDEX jobs_waiting ON jobs (router_id, kind) WHERE state IN ('held', 'waiting');
CREATE UNIQUE INDEX jobs_running ON jobs (router_id) WHERE state = 'running';
CREATE INDEX jobs_rollout ON jobs (rollout_id, wave);
CREATE INDEX jobs_router ON jobs (router_id, kind);
CREATE INDEX jobs_open ON jobs (state) WHERE state IN ('held', 'waiting', 'running');
`;
