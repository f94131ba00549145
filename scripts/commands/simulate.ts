import { once } from 'node:events';
import { realClock } from '../../lib/clock.ts';
import { type CampaignCounts, simulatePhones } from '../../simulator/fleet/campaign.ts';
import { type FaultPlan, faultLines, parseFaults } from '../../simulator/fleet/faults.ts';
import { simulateRouters } from '../../simulator/fleet/routers.ts';
import { connectSimulator } from '../../simulator/fleet/share.ts';
import type { Credential } from '../../simulator/phones/contract.ts';
import {
  type Command,
  type CommandContext,
  numberOption,
  textOption,
  UsageError,
  wordsOption,
} from '../command.ts';

const PORT = { min: 0, max: 65_535 };
export const simulateRoutersCommand: Command = {
  summary: 'RouterOS twins on their own, in factory state',
  usage:
    '--count N --api-port P [--address-base 127.20.0.1] [--version 7.20.8] [--board hap-ax2] [--user U --password W] [--tls] [--fault NAME[=VALUE],…] [--control-port P]\n\n' +
    `faults, several with commas:\n${faultLines()
      .map((line) => `  ${line}`)
      .join('\n')}\n`,
  options: {
    count: { type: 'string' },
    'api-port': { type: 'string' },
    'address-base': { type: 'string' },
    version: { type: 'string' },
    board: { type: 'string' },
    user: { type: 'string' },
    password: { type: 'string' },
    tls: { type: 'boolean' },
    fault: { type: 'string' },
    'control-port': { type: 'string' },
  },
  run: async (context) => {
    const { options } = context;
    const texts = {
      addressBase: textOption(options, 'address-base'),
      version: textOption(options, 'version'),
      board: textOption(options, 'board'),
      user: textOption(options, 'user'),
      password: textOption(options, 'password'),
      controlPort: numberOption(options, 'control-port', PORT),
    };
    const given = Object.fromEntries(
      Object.entries(texts).filter(([, value]) => value !== undefined),
    );
    await using running = await simulateRouters(
      {
        count: numberOption(options, 'count', { min: 1, max: 2000 }) ?? missing('count'),
        apiPort: numberOption(options, 'api-port', PORT) ?? missing('api-port'),
        tls: options.tls === true,
        faults: faultsOf(context),
        ...given,
      },
      context.signal,
    );
    const { routers, controlPort } = running;
    context.print(
      { routers, controlPort },
      [
        ...routers.map((router) => `${router.name}  ${router.address}:${router.apiPort}`),
        ...(controlPort === null ? [] : [`phones are controlled over port ${controlPort}`]),
      ].join('\n'),
    );
    if (!context.signal.aborted) await once(context.signal, 'abort');
    return 0;
  },
};

export const simulatePhonesCommand: Command = {
  summary: 'phones that come and go at running twins',
  usage:
    '--control-port P --routers NAMES --phones N --vouchers CODES [--visits N] [--urls URLS] [--octets N] [--stay-seconds N] [--at-once N]',
  options: {
    'control-port': { type: 'string' },
    routers: { type: 'string' },
    phones: { type: 'string' },
    vouchers: { type: 'string' },
    visits: { type: 'string' },
    urls: { type: 'string' },
    octets: { type: 'string' },
    'stay-seconds': { type: 'string' },
    'at-once': { type: 'string' },
  },
  run: async (context) => {
    const { options } = context;
    const whole = (name: string, fallback: number): number =>
      numberOption(options, name, { min: 0, max: 1_000_000 }) ?? fallback;
    const controlPort = numberOption(options, 'control-port', PORT) ?? missing('control-port');
    await using simulator = await connectSimulator(controlPort);
    const counts = await simulatePhones({
      simulator,
      routers: someWords(context, 'routers'),
      phones: whole('phones', 1),
      credentials: someWords(context, 'vouchers').map((voucher): Credential => ({ voucher })),
      visits: whole('visits', 1),
      urls: wordsOption(options, 'urls'),
      octetsPerUrl: whole('octets', 0),
      stayMs: whole('stay-seconds', 0) * 1000,
      logoutShare: 1,
      atOnce: Math.max(1, whole('at-once', 20)),
      clock: realClock,
      random: Math.random,
      signal: context.signal,
    });
    context.print(counts, countsText(counts));
    return counts.online > 0 ? 0 : 1;
  },
};

function faultsOf({ options }: CommandContext): FaultPlan {
  const plan = parseFaults(wordsOption(options, 'fault'));
  if ('problem' in plan) throw new UsageError(plan.problem);
  return plan;
}

function someWords(context: CommandContext, name: string): string[] {
  const words = wordsOption(context.options, name);
  return words.length > 0 ? words : missing(name);
}

function missing(name: string): never {
  throw new UsageError(`--${name} is missing`);
}

function countsText(counts: CampaignCounts): string {
  return Object.entries(counts)
    .map(
      ([name, count]) =>
        `${name.padEnd(14)} ${typeof count === 'number' ? count : JSON.stringify(count)}`,
    )
    .join('\n');
}
