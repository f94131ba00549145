/**
 * A router as it leaves its box: MikroTik's default configuration for home access points, `defconf` comments
 * included, with the rows that RouterOS has built in. All of it goes through the tree's own `add` and `set`.
 */
import { createHash } from 'node:crypto';
import { SmartWifiError } from '../../lib/errors.ts';
import { BOARDS, type Board, type BoardName } from './boards.ts';
import { type DeviceMode, deviceModeValues } from './device-mode.ts';
import { addDefaultConfiguration } from './factory-defconf.ts';
import { createTree } from './tree.ts';
import type { WritableTree } from './tree-state.ts';

export interface FactoryOptions {
  /** Default 7.20.8. */
  readonly version?: string;
  /** Default `hap-ax2`. */
  readonly board?: string;
  /** The other of a board's two drivers, `wireless` on an hAP ac²; each board has its own when absent. */
  readonly radioPackage?: Board['radioPackage'];
  /** Default `MikroTik`. */
  readonly identity?: string;
  readonly adminPassword?: string;
  /** Serial number; MAC addresses follow from it. Default `HEZ0000TWIN`. */
  readonly serial?: string;
  /** Default `advanced`, in which a hotspot may run; devices ship in `home` since 7.17. */
  readonly deviceMode?: DeviceMode;
  /** An LTE modem on the USB port; none unless said. */
  readonly modem?: boolean;
  /** The router's clock, epoch ms. */
  readonly now?: () => number;
}

export function factoryTree(options: FactoryOptions = {}): WritableTree {
  const { version = '7.20.8', serial = 'HEZ0000TWIN', identity = 'MikroTik' } = options;
  const board = boardOf(options.board ?? 'hap-ax2', options.radioPackage);
  const packages = ['routeros', board.radioPackage];
  const tree = createTree({
    version,
    packages,
    space: board,
    ...(options.now && { now: options.now }),
  });
  describeHardware(tree, board, version, serial, packages);
  tree.assign('/system/device-mode', '', deviceModeValues(options.deviceMode ?? 'advanced'));
  addBuiltins(tree, options.adminPassword ?? '');
  if (board.flashFolder)
    seed(tree, '/file', { name: 'flash', type: 'directory' }, { type: 'disk' });
  addDefaultConfiguration(tree, board, macsOf(serial));
  if (options.modem === true) {
    addModem(tree);
    keepInResets(tree, '/interface/lte');
  }
  tree.setSingle('/system/identity', new Map([['name', identity]]));
  return tree;
}

function boardOf(name: string, driver: Board['radioPackage'] | undefined): Board {
  if (!(name in BOARDS)) {
    throw new SmartWifiError('SIMULATOR_BOARD', `no such board: ${name}`);
  }
  const board: Board = BOARDS[name as BoardName];
  if (driver === undefined || driver === board.radioPackage) return board;
  const { otherPackage } = board;
  if (otherPackage?.name !== driver) {
    throw new SmartWifiError('SIMULATOR_BOARD', `${driver} drives no radio of ${name}`);
  }
  return { ...board, radioPackage: driver, diskUsedOctets: otherPackage.diskUsedOctets };
}

/** The `index`th MAC address of the device, under one of MikroTik's prefixes. */
function macsOf(serial: string): (index: number) => string {
  const digest = createHash('sha256').update(serial).digest();
  const base = digest.readUIntBE(0, 3) & ~0x1f;
  return (index) => {
    const tail = (base + index).toString(16).padStart(6, '0').toUpperCase();
    return `48:A9:8A:${tail.replaceAll(/(..)(?=.)/g, '$1:')}`;
  };
}

function describeHardware(
  tree: WritableTree,
  board: Board,
  version: string,
  serial: string,
  packages: readonly string[],
): void {
  const buildTime = '2026-02-05 12:00:00';
  tree.assign('/system/resource', '', {
    uptime: '0s',
    version: `${version} (stable)`,
    'build-time': buildTime,
    'factory-software': '7.12.1',
    'total-memory': String(board.memoryOctets),
    cpu: board.cpu,
    'cpu-count': String(board.cpuCount),
    'cpu-frequency': String(board.cpuMegahertz),
    'cpu-load': '1',
    'total-hdd-space': String(board.diskOctets),
    'write-sect-since-reboot': '0',
    'write-sect-total': '0',
    'bad-blocks': '0',
    'architecture-name': board.architecture,
    'board-name': board.boardName,
    platform: 'MikroTik',
  });
  tree.assign('/system/routerboard', '', {
    routerboard: 'true',
    'board-name': board.boardName,
    model: board.model,
    'serial-number': serial,
    'firmware-type': board.firmwareType,
    'factory-firmware': '7.12.1',
    'current-firmware': version,
    'upgrade-firmware': version,
  });
  for (const name of packages) {
    seed(
      tree,
      '/system/package',
      {},
      { name, version, 'build-time': buildTime, disabled: 'false' },
    );
  }
}

function addBuiltins(tree: WritableTree, adminPassword: string): void {
  const everything =
    'local,telnet,ssh,ftp,reboot,read,write,policy,test,winbox,password,web,sniff,sensitive,api,romon,rest-api';
  const without = (...rights: string[]): string =>
    everything
      .split(',')
      .filter((right) => !rights.includes(right))
      .join(',');
  for (const [name, policy] of [
    ['read', without('ftp', 'write', 'policy', 'sensitive')],
    ['write', without('ftp', 'policy')],
    ['full', everything],
  ] as const) {
    seed(tree, '/user/group', { name, policy });
  }
  const admin = { name: 'admin', group: 'full', password: adminPassword };
  seed(tree, '/user', { ...admin, comment: 'system default user' });
  for (const [name, port, disabled] of SERVICES) {
    seed(tree, '/ip/service', { port, disabled }, { name });
  }
  for (const [name, comment] of BUILTIN_LISTS) {
    seed(tree, '/interface/list', { name, comment }, { builtin: 'true' });
  }
  for (const [name, rest] of QUEUE_TYPES) {
    seed(tree, '/queue/type', { name, ...rest }, { default: 'true' });
  }
  for (const name of ['default', 'default-encryption']) {
    seed(tree, '/ppp/profile', { name }, { default: 'true' });
  }
  seed(tree, '/interface/lte/apn', { name: 'default', apn: 'internet' }, { default: 'true' });
  tree.setDynamic('/routing/table', [{ name: 'main', invalid: 'false', disabled: 'false' }]);
  seed(tree, '/ip/hotspot/user/profile', { name: 'default' }, { default: 'true' });
  seed(tree, '/ip/hotspot/profile', { name: 'default' }, { default: 'true' });
  const trial = { name: 'default-trial', comment: 'counters and limits for trial users' };
  seed(tree, '/ip/hotspot/user', trial, { default: 'true' });
  if (tree.menu('/interface/wireless/security-profiles') !== undefined) {
    seed(tree, '/interface/wireless/security-profiles', { name: 'default' });
  }
  for (const [name, target] of LOG_ACTIONS) {
    seed(tree, '/system/logging/action', { name, target }, { default: 'true' });
  }
  for (const topics of ['info', 'error', 'warning', 'critical']) {
    const action = topics === 'critical' ? 'echo' : 'memory';
    seed(tree, '/system/logging', { topics, action }, { default: 'true' });
  }
}

function addModem(tree: WritableTree): void {
  const names = { 'default-name': 'lte1', running: 'true' };
  seed(tree, '/interface/lte', { name: 'lte1' }, names);
}

/** A reset takes no hardware away. */
function keepInResets(tree: WritableTree, path: string): void {
  const rows = tree.snapshot().get(path) ?? [];
  for (const [kind, reset] of tree.resets) tree.resets.set(kind, new Map([...reset, [path, rows]]));
}

/** Adds a row as a client would, then gives it the values that only the router may write. */
export function seed(
  tree: WritableTree,
  path: string,
  written: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>> = {},
): string {
  const id = tree.add(path, new Map(Object.entries(written)));
  if (Object.keys(own).length > 0) tree.assign(path, id, own);
  return id;
}

const SERVICES = [
  ['ftp', '21', 'no'],
  ['ssh', '22', 'no'],
  ['telnet', '23', 'no'],
  ['www', '80', 'no'],
  ['www-ssl', '443', 'yes'],
  ['winbox', '8291', 'no'],
  ['api', '8728', 'no'],
  ['api-ssl', '8729', 'no'],
] as const;

const BUILTIN_LISTS = [
  ['all', 'contains all interfaces'],
  ['none', 'contains no interfaces'],
  ['dynamic', 'contains dynamic interfaces'],
  ['static', 'contains static interfaces'],
] as const;

const LOG_ACTIONS = [
  ['memory', 'memory'],
  ['disk', 'disk'],
  ['echo', 'echo'],
  ['remote', 'remote'],
] as const;

const QUEUE_TYPES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['default', { kind: 'pfifo', 'pfifo-limit': '50' }],
  ['ethernet-default', { kind: 'pfifo', 'pfifo-limit': '50' }],
  ['wireless-default', { kind: 'sfq', 'sfq-perturb': '5', 'sfq-allot': '1514' }],
  ['synchronous-default', { kind: 'red', 'red-limit': '60', 'red-burst': '20' }],
  ['hotspot-default', { kind: 'sfq', 'sfq-perturb': '5', 'sfq-allot': '1514' }],
  ['pcq-upload-default', { kind: 'pcq', 'pcq-rate': '0', 'pcq-classifier': 'src-address' }],
  ['pcq-download-default', { kind: 'pcq', 'pcq-rate': '0', 'pcq-classifier': 'dst-address' }],
  ['only-hardware-queue', { kind: 'none' }],
  ['multi-queue-ethernet-default', { kind: 'mq-pfifo', 'mq-pfifo-limit': '50' }],
  ['default-small', { kind: 'pfifo', 'pfifo-limit': '10' }],
];
