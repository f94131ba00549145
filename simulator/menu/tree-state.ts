/** What a twin's tree holds, and the richer interface that the API server writes through. */
import type { MenuTree, Row } from './contract.ts';
import type { Menu } from './schema-parse.ts';
import type { Claim, Free, Storage } from './storage.ts';

/** Properties of one command by name; `!name` unsets. */
export type Attributes = ReadonlyMap<string, string>;

export interface StoredRow extends Row {
  /** A password: kept, compared, never printed. */
  readonly password?: string;
  /** Octets of a file. */
  readonly content?: Buffer;
  /** Made by the tree itself (fasttrack's counter row): `setDynamic` leaves it alone. */
  readonly own?: true;
}

/** Who writes: some rows remember it. */
export interface Writer {
  readonly user: string;
}

export interface RowEvent {
  readonly path: string;
  readonly row: Row;
  readonly dead: boolean;
}

export type Snapshot = ReadonlyMap<string, readonly StoredRow[]>;

export interface WritableTree extends MenuTree {
  /** The menu, if this version and these packages have it. */
  menu(path: string): Menu | undefined;
  /** True for a menu that another package would bring. */
  lacksPackage(path: string): boolean;
  /** A row by `*id` or name. */
  find(path: string, token: string): Row | undefined;
  /** Id of the new row. Throws a Trap, as every write does; a row that is refused stays as it was. */
  add(path: string, attributes: Attributes, options?: AddOptions): string;
  set(path: string, ids: readonly string[], attributes: Attributes, writer?: Writer): void;
  setSingle(path: string, attributes: Attributes): void;
  remove(path: string, ids: readonly string[]): void;
  /** Puts the rows before `destination`, or last. */
  move(path: string, ids: readonly string[], destination?: string): void;
  /** All properties as print gives them, live values included; file contents only on request. */
  printed(path: string, row: Row, contents?: boolean): Record<string, string>;
  /** Throws a Trap when the flash, or the memory that stands for it, is full. */
  writeFile(name: string, content: Buffer): void;
  fileBytes(name: string): Buffer | undefined;
  /** The write-only password of a row (`/user`). */
  password(path: string, id: string): string | undefined;
  /** Values that clients cannot write: radios, serial number, device mode. */
  assign(path: string, id: string, values: Readonly<Record<string, string>>): void;
  log(topics: string, message: string): void;
  /** Does what was registered for the command; nothing otherwise. */
  act(word: string, ms?: number): void;
  /** Octets of flash and memory that are left. */
  free(): Free;
  /** Takes flash or memory under a name, in the place of what that name held; whether it fitted is for {@link free}. */
  claim(name: string, octets: Claim): void;
  /** The power is gone: the log in memory and the files that lie there are lost. */
  forget(): void;
  snapshot(): Snapshot;
  /** What `/system/reset-configuration` goes back to: with MikroTik's default configuration, or without. */
  readonly resets: Map<'defaults' | 'no-defaults', Snapshot>;
  /** Configuration as it was; files, sessions and other dynamic rows stay as they are. */
  restore(snapshot: Snapshot): void;
  /** Called for each row that came, changed or went. */
  onRow(listener: (event: RowEvent) => void): () => void;
  /** The tree's own clock, epoch ms. */
  now(): number;
  /** Another RouterOS on the same router, with its configuration. */
  changeVersion(version: string): void;
  /** From now on the tree's instants are those of this clock, the router's. */
  useClock(now: () => number): void;
}

export interface AddOptions {
  readonly writer?: Writer;
  readonly placeBefore?: string;
  readonly copyFrom?: string;
}

export interface TreeState {
  version: string;
  versionNumber: number;
  readonly packages: ReadonlySet<string>;
  readonly storage: Storage;
  readonly rows: Map<string, readonly StoredRow[]>;
  /** Last id given in each id space; ids are never given again. */
  readonly lastIds: Map<string, number>;
  readonly live: Map<string, (row: Row) => Readonly<Record<string, string>>>;
  readonly evictors: Map<string, (row: Row) => void>;
  readonly actions: Map<string, (ms: number) => void>;
  readonly refreshers: Map<string, () => void>;
  readonly changeListeners: Set<(path: string) => void>;
  readonly rowListeners: Set<(event: RowEvent) => void>;
  now: () => number;
}

export function rowsOf(state: TreeState, path: string): readonly StoredRow[] {
  return state.rows.get(path) ?? [];
}

/** Interfaces of all kinds share one id space, so that `/interface` can name them all. */
export function nextId(state: TreeState, menu: Menu): string {
  const space = menu.interfaceType === null ? menu.path : '/interface';
  const id = (state.lastIds.get(space) ?? 0) + 1;
  state.lastIds.set(space, id);
  return `*${id.toString(16).toUpperCase()}`;
}

export function replaceRow(state: TreeState, path: string, row: StoredRow): void {
  state.rows.set(
    path,
    rowsOf(state, path).map((old) => (old.id === row.id ? row : old)),
  );
}

export function emitRow(state: TreeState, path: string, row: Row, dead = false): void {
  for (const listener of state.rowListeners) listener({ path, row, dead });
}

export function emitChange(state: TreeState, path: string): void {
  for (const listener of state.changeListeners) listener(path);
}
