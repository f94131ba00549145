/** The API service of one twin: who may connect, how many at once, and the sessions that are open. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { plainAddress } from '../../lib/net.ts';
import { formatDateTime } from '../menu/clock-text.ts';
import { versionNumber } from '../menu/schema-parse.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { SystemCommands } from '../system/commands.ts';
import type { Reply } from './call.ts';
import { FrameError } from './codec.ts';
import { addressAllowed } from './login.ts';
import type { ApiFaults } from './output.ts';
import { createSafeMode } from './safe-mode.ts';
import {
  type CommandEvent,
  closeSession,
  createSession,
  receive,
  type Session,
  type SessionDeps,
} from './session.ts';

export interface ApiServerOptions {
  readonly tree: WritableTree;
  /** The twin's own address, such as 127.20.0.7. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Drives `print interval=` and the time to confirm a device mode; sockets stay on machine time. */
  readonly clock: Clock;
  /** Commands beyond those of menus. */
  readonly system?: SystemCommands;
  /** Nothing from this address gets to the router at the moment: its tunnel is down. */
  readonly unreachable?: (source: string) => boolean;
  /** Instead of `/ip/service max-sessions`. */
  readonly maxSessions?: number;
  /** Hears of every command after its answer. */
  readonly onCommand?: (event: CommandEvent) => void;
  /** `/system/reboot`, `/system/shutdown` and a loaded backup; the twin restarts itself. */
  readonly onPower?: (kind: 'reboot' | 'shutdown') => void;
}

export interface ApiServer extends AsyncDisposable {
  readonly port: number;
  /** Open connections, logged in or not. */
  readonly sessions: number;
  /** May be changed at any time. */
  readonly faults: ApiFaults;
  /** Someone at the router: activates a pending device mode and asks for a reboot; false when none is pending. */
  confirmDeviceMode(): boolean;
  /** Someone took the power, which activates a pending device mode as well. */
  powerLost(): void;
}

/** Connection rows appear in `/ip/service` from this version on. */
const SERVICE_CONNECTIONS_SINCE = versionNumber('7.19');

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { tree, clock, onCommand } = options;
  const sessions = new Map<Socket, Session>();
  const faults: ApiFaults = {};
  const onPower = options.onPower ?? (() => undefined);
  const pending = pendingMode(tree);
  const publish = (): void => showSessions(tree, sessions.values(), options.host, portOf(server));
  const deps: SessionDeps = {
    tree,
    clock,
    safeMode: createSafeMode(tree),
    system: options.system,
    unreachable: options.unreachable,
    faults,
    onPower,
    onCommand,
    onLogin: publish,
    pendingDeviceMode: pending.ask,
  };
  const accept = (socket: Socket): void => {
    const source = plainAddress(socket.remoteAddress);
    if (!admits(options, source, sessions.size)) {
      socket.destroy();
      return;
    }
    const session = createSession(socket, source, deps);
    sessions.set(socket, session);
    attend(socket, session, () => {
      sessions.delete(socket);
      if (session.user !== null) publish();
    });
  };
  // A half-open peer keeps its end: the fault needs a socket that does not close by itself.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  await listening(server, options.port, options.host);
  tree.onRemoveDynamic('/user/active', ({ values }) => {
    for (const [socket, session] of sessions) {
      if (sameSession(session, values)) socket.destroy();
    }
  });

  return {
    port: portOf(server),
    get sessions() {
      return sessions.size;
    },
    faults,
    confirmDeviceMode() {
      const activated = pending.activate();
      if (activated) onPower('reboot');
      return activated;
    },
    powerLost: () => void pending.activate(),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      breakAll(sessions);
      await closed;
    },
  };
}

/** Safe mode is rolled back now: by the time the sockets say that they are closed, the router may be up again. */
function breakAll(sessions: ReadonlyMap<Socket, Session>): void {
  for (const [socket, session] of sessions) {
    closeSession(session);
    socket.destroy();
  }
}

interface PendingMode {
  ask(row: Reply, until: AbortSignal): void;
  /** Puts the row that was asked for last in force, once; false when there is none. */
  activate(): boolean;
}

function pendingMode(tree: WritableTree): PendingMode {
  let asked: { row: Reply; until: AbortSignal } | null = null;
  return {
    ask(row, until) {
      asked = { row, until };
    },
    activate() {
      const row = asked === null || asked.until.aborted ? null : asked.row;
      asked = null;
      if (row !== null) tree.assign('/system/device-mode', '', { ...row, 'attempt-count': '0' });
      return row !== null;
    },
  };
}

/** A disabled service, a foreign source and a full house all look the same: accepted, then closed. */
function admits(options: ApiServerOptions, source: string, open: number): boolean {
  if (options.unreachable?.(source) === true) return false;
  const service = options.tree
    .rows('/ip/service')
    .find(({ values, dynamic }) => values.name === 'api' && !dynamic);
  if (service === undefined || service.values.disabled === 'true') return false;
  if (!addressAllowed(service.values.address ?? '', source)) return false;
  return open < (options.maxSessions ?? Number(service.values['max-sessions'] ?? 20));
}

function attend(socket: Socket, session: Session, gone: () => void): void {
  socket.on('data', (chunk) => {
    try {
      receive(session, chunk);
    } catch (error) {
      // Octets that are no sentence: a router drops the connection without a word.
      socket.destroy();
      if (!(error instanceof FrameError)) throw error;
    }
    if (socket.writableNeedDrain) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('end', () => {
    if (session.deps.faults.halfOpen !== true) socket.end();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    closeSession(session);
    gone();
  });
}

/** `/user/active`, and from 7.19 a row in `/ip/service` for each connection, under the service's own name. */
function showSessions(
  tree: WritableTree,
  sessions: Iterable<Session>,
  host: string,
  port: number,
): void {
  const open = [...sessions].filter(({ user }) => user !== null);
  tree.setDynamic('/user/active', open.map(activeRow));
  if (versionNumber(tree.version) < SERVICE_CONNECTIONS_SINCE) return;
  tree.setDynamic(
    '/ip/service',
    open.map(({ source, sourcePort }) => ({
      name: 'api',
      port: String(port),
      proto: 'tcp',
      connection: 'true',
      local: `${host}:${port}`,
      remote: `${source}:${sourcePort}`,
    })),
  );
}

function activeRow({ user, since, source }: Session): Record<string, string> {
  return {
    when: formatDateTime(since),
    name: user?.name ?? '',
    address: source,
    via: 'api',
    group: user?.group ?? '',
    radius: 'false',
  };
}

function sameSession(session: Session, values: Readonly<Record<string, string>>): boolean {
  const row = activeRow(session);
  return ['when', 'name', 'address'].every((name) => row[name] === values[name]);
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
