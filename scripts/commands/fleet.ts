import { setTimeout as delay } from 'node:timers/promises';
import { linkKey } from '../../controller/fleet/link-key.ts';
import { type Progress, progressLine, progressOf } from '../../controller/fleet/progress.ts';
import { parseShares, planWaves, USUAL_SHARES } from '../../controller/fleet/waves.ts';
import { realClock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import { parseHours } from '../../settings/hours.ts';
import type { SettingRow } from '../../settings/resolve.ts';
import type { Store } from '../../store/contract.ts';
import type { Rollout, Router } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  textOption,
  UsageError,
  withStore,
  wordsOption,
} from '../command.ts';
import { instant, table } from '../table.ts';

const LOOK_MS = 500;
const LISTED = 20;
const FAILURES = { min: 0, max: 100_000 };
const OPEN: ReadonlySet<Rollout['state']> = new Set(['running', 'paused', 'stopped']);

export const fleetRollout: Command = {
  summary: 'bring many routers to their desired configuration, canaries first; the service does it',
  usage:
    '(--village CODE | --district CODE | --all) [--canary NAME,NAME] [--waves 1,5,20] [--max-failures N] [--hours "mon-sun 01:00-04:00"] [--note TEXT] [--detach]',
  options: {
    village: { type: 'string' },
    district: { type: 'string' },
    all: { type: 'boolean' },
    canary: { type: 'string' },
    waves: { type: 'string' },
    'max-failures': { type: 'string' },
    hours: { type: 'string' },
    note: { type: 'string' },
    detach: { type: 'boolean' },
  },
  run: (context) =>
    withStore(context, async (store) => {
      noOperands(context);
      const routers = await fleetOf(context, store);
      const rollout = await begin(context, store, routers);
      await audit(store, 'fleet.rollout', rollout.id, `${routers.length} routers: ${rollout.note}`);
      context.progress(`rollout ${rollout.id}: ${routers.length} routers, ${rollout.waves} waves`);
      const progress =
        context.options.detach === true
          ? await progressIn(store, rollout)
          : await follow(context, store, rollout);
      return report(context, store, progress);
    }),
};

export const fleetStatus: Command = {
  summary: 'show the rollouts, or how one stands, and the routers that wait',
  usage: '[ID]',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      if (context.operands.length > 0) {
        const rollout = await chosenRollout(context, store);
        await report(context, store, await progressIn(store, rollout));
        return 0;
      }
      const rollouts = await store.listRollouts(LISTED);
      const all = await Promise.all(rollouts.map((rollout) => progressIn(store, rollout)));
      const zone = context.config.timeZone;
      context.print(
        all,
        table(
          ['rollout', 'begun', 'state', 'wave', 'done', 'failed', 'kept back', 'note'],
          all.map((one) => [
            one.id,
            instant(one.createdAt, zone),
            one.state,
            `${one.wave + 1}/${one.waves}`,
            `${one.total.done}/${one.total.members}`,
            one.total.failed,
            one.total.held,
            one.note,
          ]),
        ),
      );
      return 0;
    }),
};

export const fleetPause = change('pause', 'begin nothing more of a rollout; what runs may end');
export const fleetAbort = change(
  'abort',
  'end a rollout; routers it has not reached stay as they are until the next one',
);
export const fleetResume: Command = {
  ...change('resume', 'go on with a rollout that is paused or stopped; what failed is tried again'),
  usage: '[ID] [--max-failures N]',
  options: { 'max-failures': { type: 'string' } },
};

function change(to: 'pause' | 'resume' | 'abort', summary: string): Command {
  return {
    summary,
    usage: '[ID]',
    options: {},
    run: (context) =>
      withStore(context, async (store) => {
        const rollout = await chosenRollout(context, store);
        const maxFailures = numberOption(context.options, 'max-failures', FAILURES);
        const changed = await store.changeRollout({
          id: rollout.id,
          to,
          at: realClock.now(),
          ...(maxFailures === undefined ? {} : { maxFailures }),
        });
        if (changed === null) {
          throw new UsageError(`rollout ${rollout.id} is ${rollout.state}: it cannot ${to}`);
        }
        await audit(store, `fleet.${to}`, rollout.id);
        await report(context, store, await progressIn(store, changed));
        return 0;
      }),
  };
}

async function begin(
  context: CommandContext,
  store: Store,
  routers: readonly Router[],
): Promise<Rollout> {
  const { options } = context;
  const shares = parseShares(textOption(options, 'waves') ?? USUAL_SHARES.join(','));
  if (shares === null) throw new UsageError('--waves expects percents, such as 1,5,20');
  const names = new Map(routers.map((router) => [router.name, router.id]));
  const canaries = wordsOption(options, 'canary').map((name) => {
    const id = names.get(name);
    if (id === undefined) throw new UsageError(`--canary ${name} is not among those routers`);
    return id;
  });
  const up = await upIn(store);
  const settings = await settingRows(store);
  const candidates = routers.map((router) => ({
    routerId: router.id,
    link: linkKey(router, settings),
    isUp: up.has(router.id),
  }));
  return store.startRollout({
    kind: 'apply',
    note: textOption(options, 'note') ?? 'apply',
    maxFailures: numberOption(options, 'max-failures', FAILURES) ?? 0,
    hours: hoursOption(context),
    members: planWaves(candidates, { canaries, shares }, Math.random),
    at: realClock.now(),
  });
}

/** Until the rollout ends or stands still; ended by the operator, it goes on without being watched. */
async function follow(context: CommandContext, store: Store, { id }: Rollout): Promise<Progress> {
  let said = '';
  for (;;) {
    const rollout = await rolloutOf(store, id);
    const progress = await progressIn(store, rollout);
    const line = progressLine(progress);
    if (line !== said) context.progress(line);
    said = line;
    if (rollout.state !== 'running' || context.signal.aborted) return progress;
    await delay(LOOK_MS, undefined, { signal: context.signal }).catch((error: unknown) => {
      if (!context.signal.aborted) throw error;
    });
  }
}

/** 0 unless the rollout was stopped or aborted, has failures, or is not over when we are told to go. */
async function report(context: CommandContext, store: Store, progress: Progress): Promise<number> {
  const names = new Map((await store.listRouters()).map((router) => [router.id, router.name]));
  const troubles = progress.troubles.map(({ routerId, detail }) => ({
    router: names.get(routerId) ?? routerId,
    detail,
  }));
  const isLeft = context.signal.aborted && progress.state === 'running';
  const lines = [
    `rollout ${progress.id}`,
    progressLine(progress),
    ...(progress.hours === null ? [] : [`only in ${progress.hours}`]),
    ...troubles.map(({ router, detail }) => `${router}: ${detail}`),
    ...(isLeft ? [`the service goes on with it: smartwifi fleet status, or fleet abort`] : []),
  ];
  context.print({ ...progress, troubles }, lines.join('\n'));
  const broken = progress.state === 'stopped' || progress.state === 'aborted';
  return broken || isLeft || progress.total.failed > 0 ? 1 : 0;
}

async function progressIn(store: Store, rollout: Rollout): Promise<Progress> {
  const up = await upIn(store);
  const jobs = await store.listJobs({ rolloutId: rollout.id });
  return progressOf(rollout, jobs, (routerId) => up.has(routerId));
}

async function upIn(store: Store): Promise<ReadonlySet<string>> {
  const states = await store.currentStates();
  return new Set(states.filter(({ state }) => state === 'up').map(({ routerId }) => routerId));
}

async function settingRows(store: Store): Promise<SettingRow[]> {
  return (await store.listSettings()).map((row) => ({ ...row, value: row.value ?? '' }));
}

async function rolloutOf(store: Store, id: string): Promise<Rollout> {
  const rollouts = await store.listRollouts(Number.MAX_SAFE_INTEGER);
  const rollout = rollouts.find((one) => one.id === id);
  if (rollout === undefined) throw new UsageError(`there is no rollout ${id}: see fleet status`);
  return rollout;
}

/** The one that is named, or the only one that has not ended. */
async function chosenRollout(context: CommandContext, store: Store): Promise<Rollout> {
  const [id, ...rest] = context.operands;
  if (rest.length > 0) throw new UsageError(`unexpected: ${rest.join(' ')}`);
  if (id !== undefined) return rolloutOf(store, id);
  const open = (await store.listRollouts(Number.MAX_SAFE_INTEGER)).filter(({ state }) =>
    OPEN.has(state),
  );
  if (open.length === 1) return open[0]!;
  throw new UsageError(
    open.length === 0 ? 'no rollout is open' : 'several rollouts are open: name one of them',
  );
}

async function fleetOf({ options }: CommandContext, store: Store): Promise<Router[]> {
  const { village, district, all } = options;
  if ([village, district, all].filter((one) => one !== undefined).length !== 1) {
    throw new UsageError('give one of --village, --district, --all');
  }
  const routers = (await store.listRouters()).filter(
    (router) => all === true || router.villageCode === village || router.districtCode === district,
  );
  if (routers.length === 0) {
    throw new UsageError('there is no such router: see smartwifi router list');
  }
  return routers;
}

function hoursOption({ options }: CommandContext): string | null {
  const hours = textOption(options, 'hours');
  if (hours === undefined) return null;
  try {
    parseHours(hours);
  } catch (error) {
    throw new UsageError(errorMessage(error));
  }
  return hours;
}

function noOperands({ operands }: CommandContext): void {
  if (operands.length > 0) throw new UsageError(`unexpected: ${operands.join(' ')}`);
}
