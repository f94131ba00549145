/**
 * A plan is cut off at any of its writes, in every way that a village knows. Afterwards the router carries
 * the old configuration or the new one, is reached, serves its hotspot, and the next apply brings it home.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ROLLBACK, ROLLBACK_AT_BOOT } from '../../../controller/dead-man.ts';
import { planRouter, provisionRouter } from '../../../controller/provision.ts';
import { errorCode } from '../../../lib/errors.ts';
import { editByHand, emptyFlash, fillFlash } from '../../../simulator/fleet/harm.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { type Citizens, citizens } from './apply-phone.ts';
import { type ApplyStand, applyStand, configurationOf, type TaskChange } from './apply-stand.ts';

const FAULTS = [
  'reset',
  'close',
  'silence',
  'truncated',
  'power-cut',
  'killed',
  'both-killed',
  'full-flash',
  'hand',
  'clock',
  'lossy',
] as const;

interface Case {
  readonly version: string;
  readonly board: string;
  /** Where the apply begins. */
  readonly from: 'factory' | 'village';
  readonly fault: (typeof FAULTS)[number];
  /** Of the writes, or of the octets. */
  readonly at: number;
  readonly delivered: boolean;
  /** Whether we come again only when the dead-man has had its time. */
  readonly late: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  version: fc.constantFrom('7.16.2', '7.18.2', '7.20.8', '7.24'),
  board: fc.constantFrom('hap-ax2', 'hap-ac2', 'hap-lite'),
  from: fc.constantFrom('factory', 'village'),
  fault: fc.constantFrom(...FAULTS),
  at: fc.nat(10_000),
  delivered: fc.boolean(),
  late: fc.boolean(),
});

/** What makes the village another one. */
const NEXT: TaskChange = {
  router: { loginHost: 'masuk.wifi.test' },
  settings: {
    portalUrl: 'https://portal.example.test',
    portalAddress: '10.255.0.3',
    ssid: 'WiFi Desa Baru',
    resolverAddress: '10.255.0.4',
    ntpServers: ['203.0.113.3'],
  },
};
const DAY_MS = 86_400_000;
const PHONE = '02:00:00:00:00:07';
/** Beyond the dead-man's ten minutes. */
const DEAD_MAN_MS = 11 * 60_000;

/** Arms the fault; gives what to do when it is over. */
async function arm(
  stand: ApplyStand,
  one: Case,
  cut: { act: () => void },
): Promise<() => Promise<void>> {
  const { link, twin, tree } = stand;
  const { changes } = await planRouter(stand.task(NEXT));
  const atWrite = 1 + (one.at % (changes.length + 6));
  const { delivered, fault } = one;
  switch (fault) {
    case 'reset':
    case 'close':
    case 'silence':
      link.cut({ kind: fault, atWrite, delivered });
      return async () => link.restore();
    case 'truncated':
      link.cut({ kind: 'close', afterOctets: one.at * 4 });
      return async () => link.restore();
    case 'power-cut':
    case 'both-killed':
    case 'killed': {
      let off: Promise<void> = Promise.resolve();
      const killsUs = fault !== 'power-cut';
      cut.act = () => {
        if (fault !== 'killed') off = twin.powerCut();
        if (killsUs) stand.dead = true;
      };
      link.cut({ kind: 'reset', atWrite, delivered });
      return async () => {
        await off;
        await twin.powerOn();
        stand.dead = false;
        link.restore();
      };
    }
    case 'full-flash': {
      fillFlash(tree, one.at * 3);
      return async () => emptyFlash(tree);
    }
    case 'hand':
      cut.act = () => editByHand(tree, one.at);
      link.cut({ kind: 'none', atWrite });
      return async () => link.restore();
    case 'clock':
      // The time server is reached at last: a clock that stood in the past is a day on at once.
      cut.act = () => {
        twin.faults.clockOffsetMs += DAY_MS;
      };
      link.cut({ kind: 'none', atWrite });
      return async () => link.restore();
    case 'lossy':
      Object.assign(link.path, { rttMs: 4, kbps: 4000, loss: 0.02, slowReader: delivered });
      return async () => {
        Object.assign(link.path, { rttMs: 0, kbps: undefined, loss: 0, slowReader: false });
      };
  }
}

/** Lets the schedules do what they are armed for. */
async function deadManActs(stand: ApplyStand): Promise<void> {
  const armed = (): (string | undefined)[] =>
    stand.tree.rows('/system/scheduler').map(({ values }) => values.name);
  const isArmed = (): boolean => armed().includes(ROLLBACK);
  const wasArmed = isArmed();
  // Cut off between the two schedules by a power cut, the one that is there goes by a clock that stands a
  // day back, until a time server is reached. Nothing of the plan was written by then.
  if (wasArmed && !armed().includes(ROLLBACK_AT_BOOT)) stand.twin.faults.clockOffsetMs = 0;
  stand.clock.advance(DEAD_MAN_MS);
  // It restarts by itself.
  const isDone = async (): Promise<boolean> => !isArmed() && (await isReached(stand));
  if (wasArmed) await vi.waitUntil(isDone, { timeout: 20_000, interval: 5 });
}

async function isReached(stand: ApplyStand): Promise<boolean> {
  try {
    await planRouter(stand.task(NEXT));
    return true;
  } catch (error) {
    if (errorCode(error).startsWith('ROUTER_')) return false;
    throw error;
  }
}

/** What a phone does not find of: an address, and a login page behind a hotspot that runs. */
function missingOf({ tree, twin, row }: ApplyStand): string[] {
  const hotspot = tree.active('/ip/hotspot').find(({ values }) => values.name === 'sw-hs1')?.values;
  const profile = tree
    .rows('/ip/hotspot/profile')
    .find(({ values }) => values.name === hotspot?.profile)?.values;
  const lease = twin.attach({ mac: PHONE });
  twin.detach(PHONE);
  const page = tree.file(`${profile?.['html-directory']}/login.html`) ?? '';
  const found = {
    address: lease?.gateway === row().hotspotAddress,
    hotspot: hotspot?.interface === 'br-hotspot',
    'login page': page.includes('link-login-only'),
    radius: tree.active('/radius').length === 1,
  };
  return Object.entries(found).flatMap(([what, there]) => (there ? [] : [`no ${what}`]));
}

/** What is wrong afterwards; nothing, when all is well. */
async function run(one: Case, people: Citizens): Promise<string[]> {
  const cut = { act: (): void => undefined };
  const { version, board, from, fault } = one;
  const onCut = (): void => cut.act();
  await using stand = await applyStand({ ...people.options(), version, board, onCut });
  if (from === 'village') await provisionRouter(stand.task());
  const before = configurationOf(stand.tree);
  const over = await arm(stand, one, cut);

  const commandTimeoutMs = fault === 'silence' ? 400 : 10_000;
  const cutOff = await provisionRouter(stand.task({ ...NEXT, commandTimeoutMs }));
  await over();
  // The router notices that nobody is there any more, and takes back what was not released.
  const isAlone = (): boolean => stand.tree.rows('/user/active').length === 0;
  await vi.waitUntil(isAlone, { timeout: 20_000, interval: 2 });
  if (one.late) await deadManActs(stand);
  const between = configurationOf(stand.tree);
  const served =
    from === 'village' && fault !== 'hand'
      ? [...missingOf(stand), ...(await people.visit(stand))]
      : [];
  const again = await provisionRouter(stand.task(NEXT));
  const after = configurationOf(stand.tree);
  const last = await provisionRouter(stand.task(NEXT));

  const isWhole = fault === 'hand' || !one.late || between === before || between === after;
  const isHome = again.empty && last.outcome === 'unchanged';
  const left = stand.tree.rows('/system/scheduler').length;
  const problems = [
    ...served.map((what) => `between: ${what}`),
    ...(isWhole ? [] : ['neither the old configuration nor the new one']),
    ...(isHome ? [] : [`not brought home: ${again.detail}`]),
    ...missingOf(stand).map((what) => `at the end: ${what}`),
    ...(await people.visit(stand)).map((what) => `at the end: ${what}`),
    ...(left === 0 ? [] : ['a dead-man is left']),
  ];
  return problems.length === 0 ? [] : [`first: ${cutOff.outcome} ${cutOff.detail}`, ...problems];
}

describe('an apply that is cut off', { timeout: 3_600_000 }, () => {
  it('leaves the old configuration or the new one, and the next one brings it home', async () => {
    await using people = await citizens();
    const whole = fc.asyncProperty(cases, async (one) => {
      expect(await run(one, people)).toEqual([]);
    });
    await fc.assert(whole, { ...campaign(600), endOnFailure: true });
  });
});
