import { randomUUID } from 'node:crypto';
import { wavesOf } from '../../controller/upgrade/campaign.ts';
import {
  CHANNELS,
  type Channel,
  isOver,
  plannedUpgrade,
} from '../../controller/upgrade/machine.ts';
import { parseUpgrade } from '../../controller/upgrade/upgrades.ts';
import { isVersion } from '../../controller/upgrade/version.ts';
import { realClock } from '../../lib/clock.ts';
import { printable } from '../../lib/errors.ts';
import type { Store } from '../../store/contract.ts';
import type { Router, RouterUpgrade } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  operandsOf,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';
import { chosenRouters, requireRouter } from './router.ts';

export const upgradeStart: Command = {
  summary:
    'plan upgrades of RouterOS: one canary, five, a fifth, the rest; the controller carries them out at night',
  usage:
    '(NAME | --village CODE | --district CODE | --all) [--channel stable|long-term|testing] [--version V] [--canary NAME]',
  options: {
    village: { type: 'string' },
    district: { type: 'string' },
    all: { type: 'boolean' },
    channel: { type: 'string' },
    version: { type: 'string' },
    canary: { type: 'string' },
  },
  run: (context) => {
    const channel = channelOption(context);
    const target = textOption(context.options, 'version') ?? null;
    if (target !== null && !isVersion(target)) {
      throw new UsageError(`--version ${target} is no version of RouterOS: 7.20.8`);
    }
    return withStore(context, async (store) => {
      const routers = await inOrder(context, store);
      const now = realClock.now();
      const upgrade = plannedUpgrade(now, channel, target);
      const waves = wavesOf(routers.length);
      const campaign = randomUUID();
      const upgrades = routers.map(
        (router, index): RouterUpgrade => ({
          routerId: router.id,
          campaign,
          wave: waves[index]!,
          phase: upgrade.phase,
          phaseAt: now,
          document: JSON.stringify(upgrade),
        }),
      );
      const planned = await store.planUpgrades({ upgrades });
      const what = `${target ?? `the newest of ${channel}`}`;
      await audit(store, 'upgrade.start', campaign, `${planned} routers to ${what}`);
      const skipped = routers.length - planned;
      context.print(
        { campaign, planned, skipped, channel, version: target, canary: routers[0]?.name ?? null },
        `${planned} routers will go to ${what}, ${routers[0]?.name ?? '-'} first${skipped === 0 ? '' : `; ${skipped} are on their way already`}`,
      );
      return 0;
    });
  },
};

export const upgradeList: Command = {
  summary: 'show how far upgrades are, and why one failed',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      operandsOf(context, []);
      const names = new Map((await store.listRouters()).map(({ id, name }) => [id, name]));
      const rows = (await store.listUpgrades()).map((row) => {
        const { document, ...rest } = row;
        return {
          router: names.get(row.routerId) ?? row.routerId,
          ...rest,
          ...parseUpgrade(document),
        };
      });
      context.print(
        rows,
        table(
          ['router', 'wave', 'phase', 'since', 'from', 'to', 'detail'],
          rows.map((row) => [
            row.router,
            row.wave,
            row.phase,
            instant(row.phaseAt, context.config.timeZone),
            row.from,
            row.to ?? row.target,
            row.reason === null ? null : printable(row.reason),
          ]),
        ),
      );
      return rows.some(({ phase }) => phase === 'failed') ? 1 : 0;
    }),
};

export const upgradeStop: Command = {
  summary:
    'take back upgrades that are planned, failed or done; one on its way is carried to its end',
  usage: '(NAME | --all)',
  options: { all: { type: 'boolean' } },
  run: (context) =>
    withStore(context, async (store) => {
      const chosen = await stoppable(context, store);
      let stopped = 0;
      for (const { routerId } of chosen) {
        if (await store.dropUpgrade({ routerId })) stopped += 1;
      }
      await audit(store, 'upgrade.stop', context.operands[0] ?? 'all', `${stopped} routers`);
      context.print({ stopped }, `${stopped} upgrades are taken back`);
      return 0;
    }),
};

async function stoppable(context: CommandContext, store: Store): Promise<readonly RouterUpgrade[]> {
  const rows = await store.listUpgrades();
  const isIdle = (row: RouterUpgrade): boolean => {
    const upgrade = parseUpgrade(row.document);
    return upgrade.phase === 'planned' || isOver(upgrade);
  };
  if (context.options.all === true) {
    operandsOf(context, []);
    return rows.filter(isIdle);
  }
  const [name = ''] = operandsOf(context, ['a router name or --all']);
  const { id } = await requireRouter(store, name);
  const own = rows.filter(({ routerId }) => routerId === id);
  if (own.length === 0)
    throw new UsageError(`${name} has no upgrade: see smartwifi router upgrades`);
  if (!own.every(isIdle)) throw new UsageError(`the upgrade of ${name} is on its way`);
  return own;
}

/** The canary first, the others as they are listed. */
async function inOrder(context: CommandContext, store: Store): Promise<Router[]> {
  const routers = await chosenRouters(context, store);
  const name = textOption(context.options, 'canary');
  if (name === undefined) return routers;
  const canary = routers.find((router) => router.name === name);
  if (canary === undefined) throw new UsageError(`--canary ${name} is not among the routers`);
  return [canary, ...routers.filter((router) => router !== canary)];
}

function channelOption({ options }: CommandContext): Channel {
  const text = textOption(options, 'channel') ?? 'stable';
  const channel = CHANNELS.find((one) => one === text);
  if (channel !== undefined) return channel;
  throw new UsageError(`--channel is ${CHANNELS.join(', ')}, not ${text}`);
}
