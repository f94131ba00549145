/**
 * `/tool/netwatch`: asks hosts at their interval whether they answer, and runs a script when that changes. Types `simple`,
 * `icmp`, `tcp-conn` and `dns` (addresses); the others are accepted and stay `unknown`.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Row } from '../menu/contract.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { parseDuration } from '../menu/values.ts';
import { localTime } from './local-time.ts';
import { createRowTasks, type RowTasks } from './row-tasks.ts';

export interface NetwatchOptions {
  readonly tree: WritableTree;
  readonly clock: Clock;
  /** Whether the host answers now; with a port, whether it takes a connection there. */
  readonly answers: (host: string, port: number | null) => Promise<boolean>;
  /** Address of a name, by the server given or by the router's own resolver; null: none. */
  readonly lookup: (host: string, server?: string) => Promise<string | null>;
  /** A script's name, or the text of one. */
  readonly run: (script: string) => void;
  readonly failed: (error: unknown) => void;
}

const MENU = '/tool/netwatch';
const SETTINGS = [
  'host',
  'type',
  'port',
  'dns-server',
  'record-type',
  'interval',
  'timeout',
  'start-delay',
  'startup-delay',
  'disabled',
];
/** What MikroTik's manual gives where a row says nothing. */
const DEFAULTS = { interval: 10_000, timeout: 3000, 'start-delay': 3000, 'startup-delay': 300_000 };
const PROBED: ReadonlySet<string> = new Set(['simple', 'icmp', 'tcp-conn', 'dns']);

interface State {
  status: 'unknown' | 'up' | 'down';
  since: string;
  done: number;
  failed: number;
}

export interface Netwatch extends RowTasks {
  /** Resolves when no probe is under way. */
  quiet(): Promise<void>;
}

export function createNetwatch(options: NetwatchOptions): Netwatch {
  const { tree, clock, failed } = options;
  const states = new Map<string, State>();
  const underway = new Set<Promise<boolean>>();
  const asked = (row: Row): Promise<boolean> => {
    const probing = probe(options, row);
    underway.add(probing);
    const forget = (): void => void underway.delete(probing);
    probing.then(forget, forget);
    return probing;
  };
  const fresh = (): State => ({ status: 'unknown', since: localTime(tree), done: 0, failed: 0 });

  const watch = async (row: Row, signal: AbortSignal, atBoot: boolean): Promise<void> => {
    const state = fresh();
    states.set(row.id, state);
    if (!isProbed(row)) return;
    const delay = atBoot ? 'startup-delay' : 'start-delay';
    await clock.sleep(setting(row, delay), signal);
    for (;;) {
      const begun = clock.now();
      const up = await asked(row);
      if (!up) await clock.sleep(setting(row, 'timeout'), signal);
      signal.throwIfAborted();
      settle(options, state, row.id, up);
      const rest = setting(row, 'interval') - (clock.now() - begun);
      await clock.sleep(Math.max(0, rest), signal);
    }
  };
  tree.setLive(MENU, (row) => {
    const state = states.get(row.id) ?? fresh();
    return row.values.disabled === 'true' ? {} : shown(state);
  });
  const tasks = createRowTasks({ tree, menu: MENU, settings: SETTINGS, run: watch, failed });
  return {
    start: tasks.start,
    quiet: async () => {
      while (underway.size > 0) await Promise.allSettled(underway);
    },
    cut: () => {
      tasks.cut();
      states.clear();
    },
  };
}

function isProbed({ values }: Row): boolean {
  return PROBED.has(values.type ?? 'simple') && (values['record-type'] ?? 'A') === 'A';
}

async function probe({ answers, lookup }: NetwatchOptions, { values }: Row): Promise<boolean> {
  const { host = '', type, port, 'dns-server': server } = values;
  if (type === 'dns') return (await lookup(host, server)) !== null;
  return answers(host, type === 'tcp-conn' ? Number(port ?? 80) : null);
}

/** Takes one answer into account; the first one may be ignored by the row's own word. */
function settle({ tree, run }: NetwatchOptions, state: State, id: string, up: boolean): void {
  const status = up ? 'up' : 'down';
  state.done += 1;
  if (!up) state.failed += 1;
  if (state.status === status) return;
  const first = state.status === 'unknown';
  state.status = status;
  state.since = localTime(tree);
  // The row as it is now: its scripts may have been changed while it was watched.
  const values = tree.find(MENU, id)?.values ?? {};
  const { host = '', name = host } = values;
  tree.log('netwatch,info', `event ${status} [ type: ${values.type ?? ''}, host: ${name} ]`);
  if (first && values[`ignore-initial-${status}`] === 'true') return;
  const script = values[`${status}-script`] ?? '';
  if (script !== '') run(script);
}

function shown({ status, since, done, failed }: State): Record<string, string> {
  return { status, since, 'done-tests': String(done), 'failed-tests': String(failed) };
}

function setting({ values }: Row, name: keyof typeof DEFAULTS): number {
  return parseDuration(values[name] ?? '') ?? DEFAULTS[name];
}
