import { expect, it } from 'vitest';
import type { Job, Rollout } from '../../store/types.ts';
import { progressLine, progressOf } from './progress.ts';

const ROLLOUT = {
  ...{ id: 'r', kind: 'apply', note: '', state: 'running', reason: null, wave: 0, waves: 2 },
  ...{ maxFailures: 0, hours: null, createdAt: 0, endedAt: null },
} satisfies Rollout;
const job = (state: Job['state'], wave: number): Job => ({
  ...{ id: `${state}${wave}`, routerId: `${state}${wave}`, kind: 'apply', rolloutId: 'r', wave },
  ...{ link: 'x', urgent: false, state, attempts: 1, notBefore: 0, detail: null },
  ...{ leaseOwner: null, leaseUntil: 0, requestedAt: 0, startedAt: 0, endedAt: null },
});
const line = (rollout: Rollout, ...jobs: Job[]) =>
  progressLine(progressOf(rollout, jobs, () => true));

it('says that a wave which is done is watched, and that nothing hangs', () => {
  expect(line(ROLLOUT, job('running', 0), job('held', 1))).toMatch(/0 of 2 done, 1 running$/);
  expect(line(ROLLOUT, job('done', 0), job('held', 1))).toMatch(
    /1 of 2 done; watched for 60 s before the next wave$/,
  );
  expect(line({ ...ROLLOUT, wave: 1 }, job('done', 0), job('done', 1))).toMatch(/before the end$/);
  expect(line({ ...ROLLOUT, state: 'paused' }, job('done', 0))).toMatch(/; paused$/);
});
