/**
 * `/system/scheduler`: scripts at their times. A `start-time` of the clock is kept by the router's wall clock, so a
 * clock that stands hours back delays it; `startup` counts from the boot, whatever the clock says.
 */
import type { Clock } from '../../lib/clock.ts';
import { formatDateTime } from '../menu/clock-text.ts';
import type { Row } from '../menu/contract.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { parseDuration } from '../menu/values.ts';

export interface SchedulerOptions {
  readonly tree: WritableTree;
  readonly clock: Clock;
  /** Runs the event of a row; it reports its own failures. */
  readonly fire: (row: Row) => void;
}

export interface Scheduler {
  /** The router has booted. */
  start(): void;
  cut(): void;
  /** The wall clock was set. */
  clockMoved(): void;
}

const MENU = '/system/scheduler';
/** After a boot, before the first `startup` events. */
const STARTUP_MS = 3000;
/** The wall clock may be set from outside; a sleep is never longer than this. */
const LONGEST_SLEEP_MS = 60_000;

/** When a row is due next: by the wall clock, or by the time since the boot. */
interface Plan {
  /** The settings that the plan was made for. */
  readonly settings: string;
  readonly base: 'wall' | 'uptime';
  readonly at: number | null;
}

export function createScheduler({ tree, clock, fire }: SchedulerOptions): Scheduler {
  const plans = new Map<string, Plan>();
  const counts = new Map<string, number>();
  let bootedAt: number | null = null;
  let wake = new AbortController();

  const timeOf = (base: Plan['base']): number => (base === 'wall' ? wallNow(tree) : clock.now());
  const nowFor = (row: Row): Now => nowOf(tree, clock, row);
  const replan = (): void => {
    for (const row of tree.rows(MENU)) {
      const now = nowFor(row);
      if (plans.get(row.id)?.settings !== now.settings) plans.set(row.id, planOf(row, now));
    }
    dropGone(plans, tree.rows(MENU));
    rouse();
  };
  const rouse = (): void => {
    wake.abort();
    wake = new AbortController();
    if (bootedAt !== null) sleepOn(wake.signal);
  };
  const sleepOn = (signal: AbortSignal): void => {
    const ms = nextWait(plans.values(), timeOf);
    if (ms !== null) clock.sleep(ms, signal).then(runDue, () => undefined);
  };
  const runDue = (): void => {
    for (const row of tree.rows(MENU)) {
      const plan = plans.get(row.id);
      if (plan === undefined || plan.at === null || timeOf(plan.base) < plan.at) continue;
      plans.set(row.id, afterRun(row, plan, timeOf(plan.base)));
      counts.set(row.id, (counts.get(row.id) ?? 0) + 1);
      fire(row);
    }
    rouse();
  };

  attach(tree, () => (bootedAt === null ? undefined : replan()), { plans, counts, clock });
  return {
    start() {
      bootedAt = clock.now();
      for (const row of tree.rows(MENU)) plans.set(row.id, bootPlan(row, nowFor(row)));
      rouse();
    },
    cut() {
      bootedAt = null;
      wake.abort();
      plans.clear();
      counts.clear();
    },
    clockMoved() {
      if (bootedAt === null) return;
      for (const row of tree.rows(MENU)) {
        const plan = plans.get(row.id);
        // What became due by the jump runs once, now.
        const due = plan !== undefined && plan.at !== null && plan.at <= wallNow(tree);
        if (plan?.base === 'wall' && !due) plans.set(row.id, planOf(row, nowFor(row)));
      }
      rouse();
    },
  };
}

interface Book {
  readonly plans: ReadonlyMap<string, Plan>;
  readonly counts: ReadonlyMap<string, number>;
  readonly clock: Clock;
}

/** What the menu shows beyond its rows, and what their changes mean. */
function attach(tree: WritableTree, changed: () => void, book: Book): void {
  tree.onChange((path) => {
    if (path === MENU || path === '/system/device-mode') changed();
  });
  tree.setLive(MENU, ({ id }) => ({
    'run-count': String(book.counts.get(id) ?? 0),
    ...nextRun(book.plans.get(id), book.clock.now(), wallNow(tree)),
  }));
}

function dropGone(plans: Map<string, Plan>, rows: readonly Row[]): void {
  const present = new Set(rows.map(({ id }) => id));
  for (const id of plans.keys()) if (!present.has(id)) plans.delete(id);
}

function nowOf(tree: WritableTree, clock: Clock, row: Row): Now {
  return { settings: settingsOf(row), wall: wallNow(tree), uptime: clock.now() };
}

/** Milliseconds until the first is due; null when none ever is. */
function nextWait(plans: Iterable<Plan>, timeOf: (base: Plan['base']) => number): number | null {
  const waits = [...plans].flatMap(({ base, at }) =>
    at === null ? [] : [Math.max(0, at - timeOf(base))],
  );
  return waits.length === 0 ? null : Math.min(...waits, LONGEST_SLEEP_MS);
}

function settingsOf({ values }: Row): string {
  const names = ['start-date', 'start-time', 'interval', 'disabled', 'about'];
  return names.map((name) => values[name] ?? '').join('|');
}

function isOn({ values }: Row): boolean {
  return values.disabled !== 'true' && values.about === undefined;
}

interface Now {
  readonly settings: string;
  readonly wall: number;
  readonly uptime: number;
}

function bootPlan(row: Row, now: Now): Plan {
  if (row.values['start-time'] !== 'startup' || !isOn(row)) return planOf(row, now);
  return { settings: now.settings, base: 'uptime', at: now.uptime + STARTUP_MS };
}

/** A row that is new or was changed while the router runs. */
function planOf(row: Row, { settings, wall, uptime }: Now): Plan {
  const interval = parseDuration(row.values.interval ?? '0s') ?? 0;
  const startup = row.values['start-time'] === 'startup';
  const base = startup ? 'uptime' : 'wall';
  if (!isOn(row)) return { settings, base, at: null };
  if (startup) return { settings, base, at: interval === 0 ? null : uptime + interval };
  return { settings, base, at: nextAfter(startOf(row), interval, wall) };
}

function afterRun(row: Row, plan: Plan, now: number): Plan {
  const interval = parseDuration(row.values.interval ?? '0s') ?? 0;
  if (interval === 0) return { ...plan, at: null };
  const start = plan.base === 'wall' ? startOf(row) : (plan.at ?? now);
  return { ...plan, at: nextAfter(start, interval, now) };
}

/** First time of `start`, `start + interval`, … after `now`; null when it is past and does not repeat. */
export function nextAfter(start: number, interval: number, now: number): number | null {
  if (start > now) return start;
  if (interval === 0) return null;
  return start + (Math.floor((now - start) / interval) + 1) * interval;
}

/** The router's local time as if it were UTC: dates and times of rows are local. */
function wallNow(tree: WritableTree): number {
  const zone = tree.single('/system/clock')['time-zone-name'] ?? 'manual';
  const now = tree.now();
  const text = formatDateTime(now, zone === 'manual' ? undefined : zone);
  return Date.parse(`${text.replace(' ', 'T')}Z`) + (((now % 1000) + 1000) % 1000);
}

function startOf({ values }: Row): number {
  return Date.parse(`${values['start-date'] ?? ''}T${values['start-time'] ?? ''}Z`) || 0;
}

function nextRun(plan: Plan | undefined, uptime: number, wall: number): Record<string, string> {
  if (plan === undefined || plan.at === null) return {};
  const at = plan.base === 'wall' ? plan.at : plan.at - uptime + wall;
  return { 'next-run': formatDateTime(at) };
}
