/**
 * The twin's configuration as its parts share it. The API server writes it, the hotspot, NAS and DNS
 * read it, and nothing else tells them how to behave. Values are the texts that `print` shows
 * (booleans `true`/`false`, durations `1h30m`, rates as stored).
 */
export interface Row {
  /** `*1A`, never used again in the life of the tree. */
  readonly id: string;
  readonly dynamic: boolean;
  readonly values: Readonly<Record<string, string>>;
}

export interface MenuTree {
  /** RouterOS version that the twin plays, `7.20.8`. */
  readonly version: string;
  /** Every row of a menu in order, disabled and dynamic ones included; empty for a menu without rows. */
  rows(path: string): readonly Row[];
  /** Rows that are in force: not `disabled`, not `invalid`. */
  active(path: string): readonly Row[];
  /** The only row of a singleton menu, such as `/ip/dns`. */
  single(path: string): Readonly<Record<string, string>>;
  /** Replaces the dynamic rows of a menu (hotspot hosts, active sessions, leases); `listen` hears of it. */
  setDynamic(path: string, rows: readonly Readonly<Record<string, string>>[]): void;
  /** Read-only values that live state supplies at print time: uptime, interface octets. */
  setLive(path: string, read: (row: Row) => Readonly<Record<string, string>>): void;
  /** Text of a file under the name that `/file/print` shows; undefined when there is none. */
  file(name: string): string | undefined;
  /** Called when a client removes a dynamic row (ends a hotspot session). */
  onRemoveDynamic(path: string, handler: (row: Row) => void): void;
  /** What a command without rows does (`/ip/dns/cache/flush`); `ms` is its duration, if it takes one. */
  onAction(word: string, handler: (ms: number) => void): void;
  /** Called before rows of a menu are read: it brings its dynamic rows up to date. */
  onRead(path: string, refresh: () => void): void;
  /** Called after each change of configuration or files, with the path (`/file` for files). */
  onChange(listener: (path: string) => void): () => void;
}
