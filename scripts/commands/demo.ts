import { once } from 'node:events';
import { SmartWifiError } from '../../lib/errors.ts';
import {
  type Command,
  type CommandContext,
  numberOption,
  textOption,
  UsageError,
} from '../command.ts';
import { live } from '../demo/live.ts';
import { runMainJob } from '../demo/main-job.ts';
import { renderSummary } from '../demo/render-summary.ts';
import { findSabotage, SABOTAGES, type Sabotage } from '../demo/sabotage.ts';
import { createWorld, type World } from '../demo/world.ts';

const ALL_VILLAGES = 242;
/** Seconds of the rehearsal's clock in one of the machine, when it runs once. */
const FACTOR = 20;

export const demo: Command = {
  summary: 'the whole system against simulated routers and phones, on loopback',
  usage: '[--routers N] [--phones N] [--once] [--dir D] [--sabotage NAME]',
  options: {
    routers: { type: 'string' },
    phones: { type: 'string' },
    once: { type: 'boolean' },
    dir: { type: 'string' },
    sabotage: { type: 'string' },
  },
  run: async (context) => {
    const sabotage = sabotageOf(context);
    const routers =
      numberOption(context.options, 'routers', { min: 2, max: ALL_VILLAGES }) ?? ALL_VILLAGES;
    const phones = numberOption(context.options, 'phones', { min: 1, max: 20_000 });
    const once = context.options.once === true || sabotage !== null;
    await using world = await createWorld(
      {
        routers,
        directory: textOption(context.options, 'dir'),
        factor: once ? FACTOR : 1,
        version: '7.20.8',
        board: 'hap-ax2',
      },
      context.progress,
    );
    return once
      ? await runOnce(context, world, phones ?? Math.max(routers * 2 + 60, 60), sabotage)
      : await stayUp(context, world, phones ?? routers * 2);
  },
};

async function runOnce(
  context: CommandContext,
  world: World,
  phones: number,
  sabotage: Sabotage | null,
): Promise<number> {
  const { progress } = context;
  if (sabotage !== null) progress(`sabotage: ${sabotage.says}`);
  const interrupted = once(context.signal, 'abort').then(() => {
    throw new SmartWifiError('DEMO_INTERRUPTED', 'the demo was interrupted');
  });
  const summary = await Promise.race([
    runMainJob(world, { phones, sabotage, progress }),
    interrupted,
    world.service.died,
  ]);
  context.print(summary, renderSummary(summary));
  return summary.ok ? 0 : 1;
}

async function stayUp(context: CommandContext, world: World, phones: number): Promise<number> {
  await using _phones = await live(context, world, phones);
  if (!context.signal.aborted) {
    await Promise.race([once(context.signal, 'abort'), world.service.died]);
  }
  return 0;
}

function sabotageOf({ options }: CommandContext): Sabotage | null {
  const name = textOption(options, 'sabotage');
  if (name === undefined) return null;
  const found = findSabotage(name);
  if (found === undefined) {
    const names = SABOTAGES.map((one) => `  ${one.name.padEnd(20)} ${one.says}`).join('\n');
    throw new UsageError(`there is no sabotage ${name}; there are:\n${names}`);
  }
  return found;
}
