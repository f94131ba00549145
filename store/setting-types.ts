/** Settings of places and routers, and operators' own rows. Part of the contract: {@link ./types.ts}. */
export type SettingLevel = 'router' | 'village' | 'district' | 'regency';

export interface SettingKey {
  readonly level: SettingLevel;
  /** Kemendagri code, or a router's id. */
  readonly code: string;
  readonly name: string;
}

/** One value at one level, as it was typed. */
export interface StoredSetting extends SettingKey {
  /** Null when it is sealed and was not opened. */
  readonly value: string | null;
  readonly secret: boolean;
  readonly setAt: number;
}

export interface NewSetting extends SettingKey {
  readonly value: string;
  /** Kept sealed. */
  readonly secret: boolean;
  readonly at: number;
}

/** Rows that an operator adds to routers: a JSON document that the controller checks. */
export interface Part extends SettingKey {
  readonly document: string;
  readonly setAt: number;
}

export type BackupReason = 'manual' | 'apply' | 'nightly' | 'upgrade';

/** One version of a router's exported configuration. */
export interface Backup {
  readonly routerId: string;
  /** From 1, without gaps until retention makes some. */
  readonly version: number;
  /** Keyed; equal for equal texts of one store. */
  readonly hash: string;
  readonly reason: BackupReason;
  /** RouterOS that wrote it. */
  readonly osVersion: string;
  readonly takenAt: number;
  /** When the router was last seen to be still like this. */
  readonly checkedAt: number;
  readonly octets: number;
}

export interface SavedBackup {
  readonly version: number;
  readonly isNew: boolean;
}

export interface RowOverrideKey {
  readonly routerId: string;
  readonly path: string;
  readonly key: string;
}

/** Something of one of our rows that was changed on the router and shall stay so. */
export interface RowOverride extends RowOverrideKey {
  /** `*`: the whole row, which is not wanted on this router. */
  readonly property: string;
  /** Null: not ours to say any more. */
  readonly value: string | null;
  readonly setAt: number;
}

/** A row of ours that differs on a router, and since when as far as we have seen. */
export interface DriftSince {
  /** As `router drift` names it. */
  readonly row: string;
  readonly since: number;
}

/** What an upgrade has come to; the document is the controller's. */
export interface RouterUpgrade {
  readonly routerId: string;
  readonly campaign: string;
  /** From 0, the canary. */
  readonly wave: number;
  readonly phase: string;
  readonly phaseAt: number;
  readonly document: string;
}

export interface SettingStore {
  /** The router is told of it as of a change of its row. */
  setSetting(args: NewSetting): Promise<void>;
  /** False when that level had none. */
  unsetSetting(args: SettingKey): Promise<boolean>;
  /** Sealed values stay sealed. */
  listSettings(): Promise<StoredSetting[]>;
  /** Secrets in the clear: for what is written to routers, never for a person. */
  openSettings(): Promise<StoredSetting[]>;
  setPart(args: Omit<Part, 'setAt'> & { at: number }): Promise<void>;
  removePart(args: SettingKey): Promise<boolean>;
  listParts(): Promise<Part[]>;
}

export interface BackupStore {
  /** The same text as the newest version only moves `checkedAt`; texts are kept once, sealed. */
  saveBackup(args: {
    routerId: string;
    text: string;
    reason: BackupReason;
    osVersion: string;
    at: number;
  }): Promise<SavedBackup>;
  /** Oldest first. */
  listBackups(routerId: string): Promise<Backup[]>;
  /** The newest of every router that has one. */
  latestBackups(): Promise<Backup[]>;
  /** In the clear, with what secrets it holds; null for an unknown version. */
  backupText(args: { routerId: string; version: number }): Promise<string | null>;
  /** Never the newest. Returns how many went. */
  dropBackups(args: { routerId: string; versions: readonly number[] }): Promise<number>;
  /** The router is told of it as of a change of its row. */
  setRowOverrides(args: {
    routerId: string;
    overrides: readonly Omit<RowOverride, 'routerId' | 'setAt'>[];
    at: number;
  }): Promise<void>;
  rowOverrides(routerId: string): Promise<RowOverride[]>;
  /** All of one row. */
  dropRowOverrides(args: RowOverrideKey): Promise<number>;
  /**
   * Of our rows of a router, all that differ now, by their ids: what is new is noted, what is not among them any
   * more is forgotten. Gives them with the instant of when each was first seen to differ.
   */
  recordDrift(args: {
    routerId: string;
    rows: readonly string[];
    at: number;
  }): Promise<DriftSince[]>;
  /** What was noted last by {@link BackupStore.recordDrift}. */
  driftSince(routerId: string): Promise<DriftSince[]>;
  /** Leaves out routers whose upgrade is on its way; returns how many are planned now. */
  planUpgrades(args: { upgrades: readonly RouterUpgrade[] }): Promise<number>;
  /** By wave. */
  listUpgrades(): Promise<RouterUpgrade[]>;
  /** Only while the stored document is still `was`: two processes never go on from the same step. */
  saveUpgrade(args: { upgrade: RouterUpgrade; was: string }): Promise<boolean>;
  /** False for one that is on its way, or is not there. */
  dropUpgrade(args: { routerId: string }): Promise<boolean>;
}
