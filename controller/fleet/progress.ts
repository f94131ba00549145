/** How a rollout stands, for people and for programs. Pure. */
import type { Job, Rollout } from '../../store/types.ts';
import { type Tally, tally, WATCH_MS } from './rollout.ts';

export interface Progress extends Rollout {
  readonly total: Tally;
  readonly byWave: readonly Tally[];
  /** Routers that failed, or wait for another attempt, and why. */
  readonly troubles: readonly { readonly routerId: string; readonly detail: string }[];
}

const BAR = 24;

export function progressOf(
  rollout: Rollout,
  jobs: readonly Job[],
  isUp: (routerId: string) => boolean,
): Progress {
  const byWave = Array.from({ length: rollout.waves }, (_, wave) =>
    tally(
      jobs.filter((job) => job.wave === wave),
      isUp,
    ),
  );
  const troubles = jobs.flatMap(({ routerId, state, detail }) =>
    detail === null || state === 'done' ? [] : [{ routerId, detail }],
  );
  return { ...rollout, total: tally(jobs, isUp), byWave, troubles };
}

/** `[#####.....] wave 2 of 5: 17 of 242 done, 3 running, 1 offline` */
export function progressLine(progress: Progress): string {
  const { wave, waves, total, state, reason } = progress;
  const filled = total.members === 0 ? BAR : Math.floor((BAR * total.done) / total.members);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`;
  const place = wave < 0 ? `before the first of ${waves} waves` : `wave ${wave + 1} of ${waves}`;
  const counts = (['running', 'waiting', 'offline', 'failed'] as const)
    .filter((name) => total[name] > 0)
    .map((name) => `${total[name]} ${name}`);
  const said = [`${total.done} of ${total.members} done`, ...counts].join(', ');
  const why =
    state === 'running' ? watching(progress) : `; ${state}${reason === null ? '' : `: ${reason}`}`;
  return `${bar} ${place}: ${said}${why}`;
}

/** Nothing happens for a while, and that is as it should be. */
function watching({ wave, waves, byWave }: Progress): string {
  const now = byWave[wave];
  if (now === undefined || now.done === 0 || now.running + now.waiting > 0) return '';
  const next = wave + 1 < waves ? 'the next wave' : 'the end';
  return `; watched for ${WATCH_MS / 1000} s before ${next}`;
}
