/** One task for each row of a menu that is on: begun with the row, begun anew when its settings change, ended with it. */
import type { Row } from '../menu/contract.ts';
import type { WritableTree } from '../menu/tree-state.ts';

export interface RowTasksOptions {
  readonly tree: WritableTree;
  readonly menu: string;
  /** Properties whose change begins the task anew. */
  readonly settings: readonly string[];
  /** `atBoot`: the row was there when the router came up. May only reject when the signal aborts. */
  readonly run: (row: Row, signal: AbortSignal, atBoot: boolean) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

export interface RowTasks {
  start(): void;
  cut(): void;
}

export function createRowTasks({ tree, menu, settings, run, failed }: RowTasksOptions): RowTasks {
  const tasks = new Map<string, { readonly key: string; readonly end: AbortController }>();
  let on = false;

  const keyOf = ({ values }: Row): string => settings.map((name) => values[name] ?? '').join('\0');
  const begin = (row: Row, atBoot: boolean): void => {
    const end = new AbortController();
    tasks.set(row.id, { key: keyOf(row), end });
    run(row, end.signal, atBoot).catch((error: unknown) => {
      if (!end.signal.aborted) failed(error);
    });
  };
  const stop = (id: string): void => {
    tasks.get(id)?.end.abort();
    tasks.delete(id);
  };
  const follow = (atBoot: boolean): void => {
    const rows = tree.active(menu);
    for (const id of tasks.keys()) if (!rows.some((row) => row.id === id)) stop(id);
    for (const row of rows) {
      if (tasks.get(row.id)?.key === keyOf(row)) continue;
      stop(row.id);
      begin(row, atBoot);
    }
  };
  tree.onChange((path) => {
    if (on && path === menu) follow(false);
  });
  return {
    start() {
      on = true;
      follow(true);
    },
    cut() {
      on = false;
      for (const id of [...tasks.keys()]) stop(id);
    },
  };
}
