/**
 * One router's upgrade, step by step. Pure: from what is stored and what the router shows follows what to
 * store next and what to do then. The next state is stored before its action is performed, and every action
 * may be repeated, so that a crash of ours between the two costs a step and nothing else.
 *
 * Order: look for updates, space and packages; backup off the router; install, which reboots; then the boot
 * loader, where it is older; the second reboot.
 */
import { compareVersions, isVersion, splitsDrivers } from './version.ts';

export type UpgradePhase =
  | 'planned'
  | 'checked'
  | 'backed-up'
  | 'installing'
  | 'installed'
  | 'flashed'
  | 'rebooting'
  | 'done'
  | 'failed';

export const CHANNELS = ['stable', 'long-term', 'testing'] as const;
export type Channel = (typeof CHANNELS)[number];

export interface Upgrade {
  readonly phase: UpgradePhase;
  /** Instant of the last change or failed attempt, epoch ms. */
  readonly phaseAt: number;
  readonly channel: Channel;
  /** Null: whatever the channel offers. */
  readonly target: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Radios before; as many must be there after. */
  readonly radios: number | null;
  /** Version of the backup that was taken for it. */
  readonly backup: number | null;
  /** Of the action of this phase. */
  readonly attempts: number;
  /** The latest instant at which the router may have started, as seen before a reboot was asked for. */
  readonly bootAt: number | null;
  /** Why it failed, or what kept it from trying; for an operator. */
  readonly reason: string | null;
}

/** What a router shows; all that is needed to decide, read at once. */
export interface Seen {
  readonly version: string;
  readonly architecture: string;
  /** Epoch ms; it started between the two. */
  readonly bootEarliest: number;
  readonly bootLatest: number;
  /** Null on boards without RouterBOOT. */
  readonly currentFirmware: string | null;
  readonly upgradeFirmware: string | null;
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Installed packages together; 0 when the router does not say. */
  readonly packageBytes: number;
  readonly radios: number;
  readonly radioKind: 'wifi' | 'wireless' | null;
  /** Names of `.npk` files that lie on it. */
  readonly packageFiles: readonly string[];
}

export type UpgradeAction = 'check' | 'back-up' | 'install' | 'flash' | 'reboot' | 'wait';

export interface Step {
  readonly next: Upgrade;
  readonly action: UpgradeAction;
}

/** What came of `check`, `back-up` and `flash`; of the others the router itself tells. */
export type ActionResult =
  | { readonly kind: 'checked'; readonly latest: string | null }
  | { readonly kind: 'backed-up'; readonly version: number }
  | { readonly kind: 'flashed' }
  | { readonly kind: 'refused'; readonly detail: string };

const MINUTE = 60_000;
const MIB = 1_048_576;
export const ATTEMPTS = 3;
/** Between two attempts at what a router refused. */
const AGAIN_MS = 10 * MINUTE;
const TRIED_AGAIN: ReadonlySet<UpgradePhase> = new Set(['planned', 'checked', 'installed']);
const FOR_QUIET_HOURS: ReadonlySet<UpgradePhase> = new Set(['planned', 'backed-up', 'flashed']);
/** A download over a satellite link, the installation and a boot. */
const RETURN_MS = 30 * MINUTE;
/** Nothing has happened since, so the command was lost with its connection. */
const REPEAT_MS = 20 * MINUTE;
const REBOOT_REPEAT_MS = 5 * MINUTE;
/** A clock of ours that was set, and the seconds that a router rounds. */
const BOOT_TOLERANCE_MS = 10_000;
/** Below this a board with 16 MB of flash cannot upgrade; packages themselves go to memory there. */
const SMALL_FLASH_BYTES = 17 * MIB;
const SMALL_FLASH_FREE = MIB;
/** Packages of a router that does not tell their sizes. */
const UNKNOWN_PACKAGES = 24 * MIB;

export function plannedUpgrade(now: number, channel: Channel, target: string | null): Upgrade {
  return {
    phase: 'planned',
    phaseAt: now,
    channel,
    target,
    from: null,
    to: null,
    radios: null,
    backup: null,
    attempts: 0,
    bootAt: null,
    reason: null,
  };
}

export function isOver({ phase }: Pick<Upgrade, 'phase'>): boolean {
  return phase === 'done' || phase === 'failed';
}

/** Whether it matters what the router shows; a look costs traffic on links that are paid by volume. */
export function isWorthALook(upgrade: Upgrade, now: number, quiet: boolean): boolean {
  const isTooSoon = upgrade.attempts > 0 && now - upgrade.phaseAt < AGAIN_MS;
  if (TRIED_AGAIN.has(upgrade.phase) && isTooSoon) return false;
  return !isOver(upgrade) && (quiet || !FOR_QUIET_HOURS.has(upgrade.phase));
}

/** `quiet`: a reboot may begin now. `seen` is null while the router cannot be reached. */
export function decide(upgrade: Upgrade, seen: Seen | null, now: number, quiet: boolean): Step {
  if (!isWorthALook(upgrade, now, quiet)) return wait(upgrade);
  switch (upgrade.phase) {
    case 'planned':
      return seen === null || !quiet ? wait(upgrade) : { next: upgrade, action: 'check' };
    case 'checked':
      return seen === null ? wait(upgrade) : { next: upgrade, action: 'back-up' };
    case 'backed-up':
      return seen === null || !quiet ? wait(upgrade) : install(upgrade, seen, now);
    case 'installing':
      return afterInstall(upgrade, seen, now, quiet);
    case 'installed':
      return seen === null ? wait(upgrade) : firmware(upgrade, seen, now, quiet);
    case 'flashed':
      return seen === null || !quiet ? wait(upgrade) : reboot(upgrade, seen, now);
    case 'rebooting':
      return afterReboot(upgrade, seen, now, quiet);
    case 'done':
    case 'failed':
      return wait(upgrade);
  }
}

/** What the result of an action makes of the upgrade that it was performed for. */
export function afterAction(
  upgrade: Upgrade,
  result: ActionResult,
  seen: Seen,
  now: number,
): Upgrade {
  switch (result.kind) {
    case 'refused': {
      const attempts = upgrade.attempts + 1;
      if (attempts >= ATTEMPTS) return fail(upgrade, result.detail, now);
      return { ...upgrade, attempts, phaseAt: now, reason: result.detail };
    }
    case 'flashed':
      return move(upgrade, 'flashed', now);
    case 'backed-up':
      return move(upgrade, 'backed-up', now, { backup: result.version });
    case 'checked':
      return checked(upgrade, result.latest, seen, now);
  }
}

function checked(upgrade: Upgrade, latest: string | null, seen: Seen, now: number): Upgrade {
  if (latest === null || !isVersion(latest)) {
    const detail = 'the router does not learn of updates: does it reach upgrade.mikrotik.com?';
    return afterAction(upgrade, { kind: 'refused', detail }, seen, now);
  }
  const { version: from } = seen;
  const known = { from, to: latest, radios: seen.radios };
  if (upgrade.target !== null && latest !== upgrade.target) {
    const reason = `${upgrade.channel} offers ${latest}, not ${upgrade.target}`;
    return fail({ ...upgrade, ...known }, reason, now);
  }
  const order = compareVersions(latest, from);
  if (order < 0) return fail({ ...upgrade, ...known }, `${latest} is older than ${from}`, now);
  // The version is there already; its boot loader need not be. It is not flashed without a backup either.
  const obstacle = order === 0 ? null : obstacleOf(from, latest, seen);
  if (obstacle !== null) return fail({ ...upgrade, ...known }, obstacle, now);
  if (order === 0 && !isFirmwareOld(seen)) return move(upgrade, 'done', now, known);
  return move(upgrade, 'checked', now, known);
}

/** Why a router must not be upgraded, null when it may. */
function obstacleOf(from: string, to: string, seen: Seen): string | null {
  const isSmall = seen.totalBytes <= SMALL_FLASH_BYTES;
  const packages = seen.packageBytes > 0 ? seen.packageBytes : UNKNOWN_PACKAGES;
  const needed = isSmall ? SMALL_FLASH_FREE : packages + 2 * MIB;
  if (seen.freeBytes < needed) {
    const [free, wanted] = [seen.freeBytes, needed].map((bytes) => Math.round(bytes / 1024));
    return `${free} KiB of flash are free, ${wanted} are needed: remove files`;
  }
  if (splitsDrivers(from, to) && seen.radioKind === 'wireless') {
    const names = ['wireless', 'wifi-qcom-ac'].map((name) => `${name}-${to}`);
    const isThere = seen.packageFiles.some((file) =>
      names.some(
        (name) => baseName(file).startsWith(`${name}-`) || baseName(file) === `${name}.npk`,
      ),
    );
    if (!isThere)
      return `put wireless-${to}-${seen.architecture}.npk on it first, or its radios vanish`;
  }
  return null;
}

function install(upgrade: Upgrade, seen: Seen, now: number): Step {
  if (seen.version === upgrade.to) return wait(move(upgrade, 'installed', now));
  const attempts = upgrade.phase === 'installing' ? upgrade.attempts + 1 : 1;
  const next = move(upgrade, 'installing', now, { attempts, bootAt: seen.bootLatest });
  return { next, action: 'install' };
}

function afterInstall(upgrade: Upgrade, seen: Seen | null, now: number, quiet: boolean): Step {
  const waited = now - upgrade.phaseAt;
  if (seen === null) {
    return waited > RETURN_MS ? wait(fail(upgrade, 'it did not come back', now)) : wait(upgrade);
  }
  if (seen.version === upgrade.to) return wait(move(upgrade, 'installed', now));
  if (hasRebooted(upgrade, seen)) {
    const reason = `it rebooted and is still ${seen.version}: see /log on it`;
    return wait(fail(upgrade, reason, now));
  }
  if (waited < REPEAT_MS) return wait(upgrade);
  if (upgrade.attempts >= ATTEMPTS) {
    return wait(fail(upgrade, upgrade.reason ?? 'it does not install', now));
  }
  return quiet ? install(upgrade, seen, now) : wait(upgrade);
}

function firmware(upgrade: Upgrade, seen: Seen, now: number, quiet: boolean): Step {
  if (seen.radios < (upgrade.radios ?? 0)) {
    const reason = `${upgrade.radios ?? 0} radios were there before, ${seen.radios} are now`;
    return wait(fail(upgrade, reason, now));
  }
  if (!isFirmwareOld(seen)) return wait(move(upgrade, 'done', now));
  if (!quiet) return wait(upgrade);
  return { next: upgrade, action: 'flash' };
}

function reboot(upgrade: Upgrade, seen: Seen, now: number): Step {
  const attempts = upgrade.phase === 'rebooting' ? upgrade.attempts + 1 : 1;
  const next = move(upgrade, 'rebooting', now, { attempts, bootAt: seen.bootLatest });
  return { next, action: 'reboot' };
}

function afterReboot(upgrade: Upgrade, seen: Seen | null, now: number, quiet: boolean): Step {
  const waited = now - upgrade.phaseAt;
  if (seen === null) {
    return waited > RETURN_MS ? wait(fail(upgrade, 'it did not come back', now)) : wait(upgrade);
  }
  if (hasRebooted(upgrade, seen)) {
    const reason = `its boot loader is still ${seen.currentFirmware ?? 'unknown'}`;
    return wait(isFirmwareOld(seen) ? fail(upgrade, reason, now) : move(upgrade, 'done', now));
  }
  if (waited < REBOOT_REPEAT_MS || !quiet) return wait(upgrade);
  if (upgrade.attempts >= ATTEMPTS) return wait(fail(upgrade, 'it does not reboot', now));
  return reboot(upgrade, seen, now);
}

function isFirmwareOld({ currentFirmware, upgradeFirmware }: Seen): boolean {
  return upgradeFirmware !== null && upgradeFirmware !== '' && currentFirmware !== upgradeFirmware;
}

function hasRebooted({ bootAt }: Upgrade, { bootEarliest }: Seen): boolean {
  return bootAt !== null && bootEarliest > bootAt + BOOT_TOLERANCE_MS;
}

function move(
  upgrade: Upgrade,
  phase: UpgradePhase,
  now: number,
  change: Partial<Upgrade> = {},
): Upgrade {
  return { ...upgrade, attempts: 0, reason: null, ...change, phase, phaseAt: now };
}

function fail(upgrade: Upgrade, reason: string, now: number): Upgrade {
  return { ...upgrade, phase: 'failed', phaseAt: now, reason };
}

function wait(next: Upgrade): Step {
  return { next, action: 'wait' };
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
