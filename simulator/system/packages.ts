/**
 * `/system/package/update` and `/system/routerboard/upgrade`: a new RouterOS is downloaded, then installed by the boot that
 * follows an orderly restart; the boot loader follows with an upgrade and a second restart of its own.
 *
 * Downloaded packages lie on the flash, or on boards with 16 MB in memory, where a power cut takes them. Those boards
 * install only with a mebibyte of flash left.
 */
import { type Call, DONE, type Outcome } from '../api/call.ts';
import { versionNumber } from '../menu/schema-parse.ts';
import { failure, unknownParameter } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';

/** Newest version of each channel; null: the server of packages can not be reached. */
export type Releases = () => Readonly<Record<string, string>> | null;

export interface PackagesOptions {
  readonly tree: WritableTree;
  readonly releases: Releases;
  readonly onPower: (kind: 'reboot' | 'shutdown') => void;
}

export interface Packages {
  check(call: Call): Outcome;
  download(call: Call): Outcome;
  install(call: Call): Outcome;
  upgradeFirmware(call: Call): Outcome;
  /** The router goes down in order: what is downloaded will be installed. */
  goingDown(): void;
  /** The power is gone, in order or not. */
  cut(): void;
  /** Before anything else of a boot. */
  boot(): void;
}

const UPDATE = '/system/package/update';
const MIB = 1_048_576;
/** Octets of a package as published for ARM; those for `smips` are about half of it. */
const SIZES: Readonly<Record<string, number>> = {
  routeros: 12 * MIB,
  'wifi-qcom': 9 * MIB,
  'wifi-qcom-ac': 2.6 * MIB,
  wireless: 1.9 * MIB,
};
/** Total flash up to which a board has no room for packages beside the system. */
const SMALL_FLASH = 16 * MIB;
const SMALL_FLASH_NEEDS = MIB;
const OPTIONS = ['once', 'duration', 'interval', 'as-value', 'ignore-missing'];

interface State {
  latest: string | null;
  status: string | null;
  /** Version whose packages have been downloaded. */
  downloaded: string | null;
  /** A restart in order is under way. */
  orderly: boolean;
  /** The boot loader that the next boot brings. */
  firmware: string | null;
}

export function createPackages({ tree, releases, onPower }: PackagesOptions): Packages {
  const state: State = {
    latest: null,
    status: null,
    downloaded: null,
    orderly: false,
    firmware: null,
  };
  tree.setLive(UPDATE, () => shown(tree, state));
  tree.setLive('/system/package', ({ values }) => ({ size: String(sizeOf(tree, [values.name])) }));
  const sections = (call: Call, steps: readonly (() => void)[]): Outcome => {
    const rows = steps.map((step, section) => {
      step();
      return { ...row(tree, state), '.section': String(section) };
    });
    return { kind: 'rows', rows: call.attributes.has('once') ? rows.slice(-1) : rows };
  };
  const search = [
    () => {
      state.status = 'finding out latest version...';
    },
    () => find(tree, state, releases()),
  ];
  const fetch = (): void => download(tree, state);
  return {
    check: (call) => {
      refuseOthers(call);
      return sections(call, search);
    },
    download: (call) => {
      refuseOthers(call);
      return sections(call, [...search, fetch]);
    },
    install: (call) => {
      refuseOthers(call);
      const outcome = sections(call, [...search, fetch]);
      if (state.downloaded !== null) onPower('reboot');
      return outcome;
    },
    upgradeFirmware(call) {
      for (const name of call.attributes.keys()) throw unknownParameter(name);
      const board = tree.single('/system/routerboard');
      if (board['upgrade-firmware'] === undefined) throw failure('no firmware');
      state.firmware = board['upgrade-firmware'];
      const said = 'Firmware upgraded successfully, please reboot for changes to take effect!';
      tree.log('system,info,critical', said);
      return DONE;
    },
    goingDown() {
      state.orderly = true;
    },
    cut() {
      // Memory is lost; an orderly restart has put the packages where the boot finds them.
      if (!state.orderly && isSmall(tree)) drop(tree, state);
      Object.assign(state, { orderly: false, latest: null, status: null });
    },
    boot: () => boot(tree, state),
  };
}

function find(
  tree: WritableTree,
  state: State,
  channels: Readonly<Record<string, string>> | null,
): void {
  const channel = tree.single(UPDATE).channel ?? 'stable';
  state.latest = channels?.[channel] ?? null;
  if (channels === null) state.status = 'ERROR: could not resolve dns name';
  else if (state.latest === null) state.status = 'ERROR: file not found';
  else if (!isNewer(state.latest, tree.version)) state.status = 'System is already up to date';
  else state.status = 'New version is available';
}

function download(tree: WritableTree, state: State): void {
  const { latest } = state;
  if (latest === null || !isNewer(latest, tree.version)) return;
  const octets = sizeOf(tree, column(tree));
  drop(tree, state);
  const needed = isSmall(tree) ? SMALL_FLASH_NEEDS : octets;
  const free = tree.free().disk;
  if (free < needed) {
    state.status = `ERROR: not enough disk space, ${mib(needed)} is required and only ${mib(free)} is free`;
    return;
  }
  tree.claim('packages', isSmall(tree) ? { memory: octets } : { disk: octets });
  state.downloaded = latest;
  state.status = 'Downloaded, please reboot router to upgrade it';
}

function column(tree: WritableTree): (string | undefined)[] {
  return tree.rows('/system/package').map(({ values }) => values.name);
}

/** Octets of these packages for this router's architecture. */
function sizeOf(tree: WritableTree, names: readonly (string | undefined)[]): number {
  const share = tree.single('/system/resource')['architecture-name'] === 'smips' ? 0.5 : 1;
  return Math.round(share * names.reduce((sum, name) => sum + (SIZES[name ?? ''] ?? 0), 0));
}

function drop(tree: WritableTree, state: State): void {
  state.downloaded = null;
  tree.claim('packages', {});
}

/** Installs what was downloaded, and takes the boot loader that was written. */
function boot(tree: WritableTree, state: State): void {
  const { downloaded, firmware } = state;
  if (firmware !== null) {
    tree.assign('/system/routerboard', '', { 'current-firmware': firmware });
    state.firmware = null;
  }
  if (downloaded === null) return;
  drop(tree, state);
  if (isSmall(tree) && tree.free().disk < SMALL_FLASH_NEEDS) {
    const text = `can not install routeros-${downloaded}: not enough disk space`;
    tree.log('system,error,critical', text);
    return;
  }
  const before = tree.version;
  tree.changeVersion(downloaded);
  tree.assign('/system/resource', '', { version: `${downloaded} (stable)` });
  tree.assign('/system/routerboard', '', { 'upgrade-firmware': downloaded });
  for (const { id } of tree.rows('/system/package')) {
    tree.assign('/system/package', id, { version: downloaded });
  }
  tree.log('system,info', `installed routeros-${downloaded} over ${before}`);
}

function isSmall(tree: WritableTree): boolean {
  return Number(tree.single('/system/resource')['total-hdd-space']) <= SMALL_FLASH;
}

function isNewer(version: string, than: string): boolean {
  return versionNumber(version) > versionNumber(than);
}

function shown(tree: WritableTree, { latest, status }: State): Record<string, string> {
  return {
    'installed-version': tree.version,
    ...(latest === null ? {} : { 'latest-version': latest }),
    ...(status === null ? {} : { status }),
  };
}

function row(tree: WritableTree, state: State): Record<string, string> {
  return { channel: tree.single(UPDATE).channel ?? 'stable', ...shown(tree, state) };
}

function mib(octets: number): string {
  return `${(octets / MIB).toFixed(1)}MiB`;
}

function refuseOthers({ attributes }: Call): void {
  for (const name of attributes.keys()) if (!OPTIONS.includes(name)) throw unknownParameter(name);
}
