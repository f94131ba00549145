/** Commands that are no verb of a menu: power, files, safe mode, backup, device mode, log. */
import { deviceModeValues, isDeviceMode, isFeature } from '../menu/device-mode.ts';
import {
  failure,
  invalidValue,
  missing,
  noMatch,
  notByDeviceMode,
  unknownParameter,
} from '../menu/trap.ts';
import type { Snapshot, StoredRow } from '../menu/tree-state.ts';
import { parseDuration } from '../menu/values.ts';
import { textOf } from './bytes.ts';
import { type Call, DONE, type Outcome } from './call.ts';

interface Special {
  readonly right: string;
  /** The command lives in a menu that some versions lack. */
  readonly inMenu: boolean;
  readonly run: (call: Call) => Outcome;
}

const READ_CHUNK = 32_768;
const DEFAULT_ACTIVATION_MS = 300_000;

export const SPECIAL_COMMANDS: ReadonlyMap<string, Special> = new Map<string, Special>([
  ['/system/reboot', special('reboot', false, power('reboot'))],
  ['/system/shutdown', special('reboot', false, power('shutdown'))],
  ['/file/read', special('read', true, readFile)],
  ['/tool/fetch', special('test', false, fetchFile)],
  ['/system/backup/save', special('write', false, saveBackup)],
  ['/system/backup/load', special('policy', false, loadBackup)],
  ['/system/device-mode/update', special('policy', true, updateDeviceMode)],
  ['/ip/dns/cache/flush', special('write', true, act)],
  ['/ip/dns/adlist/reload', special('write', true, act)],
  ['/ip/dns/adlist/pause', special('write', true, pauseAdlists)],
  ['/safe-mode/take', special('write', true, safeMode('take'))],
  ['/safe-mode/release', special('write', true, safeMode('release'))],
  ['/safe-mode/unroll', special('write', true, safeMode('unroll'))],
  ['/safe-mode/toggle', special('write', true, safeMode('toggle'))],
  ...(['info', 'warning', 'error', 'debug'] as const).map((topic): [string, Special] => [
    `/log/${topic}`,
    special('write', true, writeLog(topic)),
  ]),
]);

function special(right: string, inMenu: boolean, run: (call: Call) => Outcome): Special {
  return { right, inMenu, run };
}

function power(kind: 'reboot' | 'shutdown'): (call: Call) => Outcome {
  return (call) => {
    refuseOthers(call, []);
    call.onPower(kind);
    return DONE;
  };
}

function safeMode(action: 'take' | 'release' | 'unroll' | 'toggle'): (call: Call) => Outcome {
  return (call) => {
    refuseOthers(call, action === 'take' ? ['on-error'] : []);
    const { safeMode: mode, session, user } = call;
    const taking = action === 'take' || (action === 'toggle' && !mode.held(session));
    if (taking) mode.take(session, user.name);
    else if (action === 'unroll') mode.unroll(session);
    else mode.release(session);
    return DONE;
  };
}

/** A piece of a file, exact to the octet, in `=data=`. */
function readFile(call: Call): Outcome {
  refuseOthers(call, ['file', 'offset', 'chunk-size']);
  const name = call.attributes.get('file');
  if (name === undefined) throw missing('file');
  const content = call.tree.fileBytes(name);
  if (content === undefined) throw failure('no such file');
  const offset = numberArgument(call, 'offset', 0);
  const size = numberArgument(call, 'chunk-size', READ_CHUNK);
  if (size === 0 || size > READ_CHUNK) throw invalidValue('chunk-size');
  return { kind: 'rows', rows: [{ data: textOf(content.subarray(offset, offset + size)) }] };
}

/** A twin has no internet: where the device mode allows it, the name does not resolve. */
function fetchFile(call: Call): Outcome {
  if (call.tree.single('/system/device-mode').fetch === 'false') throw notByDeviceMode();
  if (!call.attributes.has('url')) throw missing('url');
  throw failure('resolve failed');
}

/** What a router is made of, and what it holds beside its configuration. */
const NOT_IN_BACKUPS: ReadonlySet<string> = new Set([
  '/file',
  '/log',
  '/safe-mode',
  '/system/device-mode',
  '/system/resource',
  '/system/routerboard',
]);

/** The configuration as a file; it never holds files, sessions or the log. */
function saveBackup(call: Call): Outcome {
  refuseOthers(call, ['name', 'password', 'encryption', 'dont-encrypt']);
  const given = call.attributes.get('name') ?? 'backup';
  const rows = [...call.tree.snapshot()].filter(([path]) => !NOT_IN_BACKUPS.has(path));
  const body = JSON.stringify({ password: call.attributes.get('password') ?? '', rows });
  call.tree.writeFile(given.endsWith('.backup') ? given : `${given}.backup`, Buffer.from(body));
  return DONE;
}

/** Puts the configuration of a backup in place and reboots. */
function loadBackup(call: Call): Outcome {
  refuseOthers(call, ['name', 'password', 'force-v6-to-v7-configuration-upgrade']);
  const given = call.attributes.get('name');
  if (given === undefined) throw missing('name');
  const content =
    call.tree.fileBytes(given) ?? call.tree.fileBytes(`${given}.backup`) ?? Buffer.alloc(0);
  const backup = parseBackup(content.toString());
  if (backup === null) throw failure('no such backup file');
  if (backup.password !== (call.attributes.get('password') ?? '')) throw failure('wrong password');
  const present = [...call.tree.snapshot()].filter(([path]) => NOT_IN_BACKUPS.has(path));
  call.tree.restore(new Map([...backup.rows, ...present]));
  call.onPower('reboot');
  return DONE;
}

function parseBackup(text: string): { password: string; rows: Snapshot } | null {
  try {
    const { password, rows } = JSON.parse(text) as {
      password: string;
      rows: [string, StoredRow[]][];
    };
    return { password, rows: new Map(rows) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Waits for someone at the router: a power cut or the button within the time activates it. */
function updateDeviceMode(call: Call): Outcome {
  const row = askedMode(call);
  const asked = call.attributes.get('activation-timeout');
  const ms = asked === undefined ? DEFAULT_ACTIVATION_MS : parseDuration(asked);
  if (ms === null || ms < 10_000 || ms > 86_400_000) throw invalidValue('activation-timeout');
  const end = new AbortController();
  call.tree.assign('/system/device-mode', '', {
    'attempt-count': String(Number(row['attempt-count'] ?? 0) + 1),
  });
  call.pendingDeviceMode(row, end.signal);
  call.send({ status: 'please activate by turning power off or pressing reset or mode button' });
  call.clock.sleep(ms, end.signal).then(
    () => {
      end.abort();
      call.finish(failure('device mode was not activated in time'));
    },
    (error: unknown) => {
      if (!end.signal.aborted) call.finish(error);
    },
  );
  return { kind: 'running', stop: () => end.abort() };
}

/** For a while no list refuses any name. */
function pauseAdlists(call: Call): Outcome {
  refuseOthers(call, ['duration']);
  const duration = call.attributes.get('duration');
  if (duration === undefined) throw missing('duration');
  const ms = parseDuration(duration);
  if (ms === null) throw invalidValue('duration');
  call.tree.act(call.word, ms);
  return DONE;
}

/** A mode with its own features, or single features in the present one. */
function askedMode(call: Call): Record<string, string> {
  const now = call.tree.single('/system/device-mode');
  const mode = call.attributes.get('mode');
  if (mode !== undefined && !isDeviceMode(mode)) throw noMatch('mode');
  if (![...call.attributes.keys()].some((name) => name !== 'activation-timeout')) {
    throw missing('mode');
  }
  const row = { ...now, ...(mode === undefined ? {} : deviceModeValues(mode)) };
  row['attempt-count'] = now['attempt-count'] ?? '0';
  for (const [name, value] of call.attributes) {
    if (name === 'mode' || name === 'activation-timeout') continue;
    if (!isFeature(name)) throw unknownParameter(name);
    if (!['yes', 'no', 'true', 'false'].includes(value)) throw noMatch(name);
    row[name] = String(value === 'yes' || value === 'true');
  }
  return row;
}

function act(call: Call): Outcome {
  refuseOthers(call, []);
  call.tree.act(call.word);
  return DONE;
}

function writeLog(topic: string): (call: Call) => Outcome {
  return (call) => {
    refuseOthers(call, ['message']);
    const message = call.attributes.get('message');
    if (message === undefined) throw missing('message');
    call.tree.log(`script,${topic}`, message);
    return DONE;
  };
}

function numberArgument(call: Call, name: string, fallback: number): number {
  const text = call.attributes.get(name);
  if (text === undefined) return fallback;
  if (!/^\d{1,10}$/.test(text)) throw invalidValue(name);
  return Number(text);
}

function refuseOthers(call: Call, names: readonly string[]): void {
  for (const name of call.attributes.keys()) {
    if (!names.includes(name)) throw unknownParameter(name);
  }
}
