/** One API connection: login first, then tagged commands, each answered by rows and exactly one `!done`. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import { versionNumber } from '../menu/schema-parse.ts';
import { Trap } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { SystemCommands } from '../system/commands.ts';
import {
  type Call,
  type Command,
  type Outcome,
  parseCommand,
  type Reply,
  type User,
} from './call.ts';
import {
  encodeSentence,
  LIMITS,
  LIMITS_BEFORE_LOGIN,
  type SentenceParser,
  sentenceParser,
} from './codec.ts';
import { runCommand } from './commands.ts';
import { authenticate, BAD_LOGIN } from './login.ts';
import { type ApiFaults, createOutput, type Output } from './output.ts';
import type { SafeMode } from './safe-mode.ts';

export interface SessionDeps {
  readonly tree: WritableTree;
  readonly clock: Clock;
  readonly safeMode: SafeMode;
  readonly system?: SystemCommands | undefined;
  readonly faults: Readonly<ApiFaults>;
  /** Nothing from this address gets to the router at the moment. */
  readonly unreachable?: ((source: string) => boolean) | undefined;
  readonly onPower: (kind: 'reboot' | 'shutdown') => void;
  readonly pendingDeviceMode: (row: Reply, until: AbortSignal) => void;
  readonly onCommand?: ((event: CommandEvent) => void) | undefined;
  /** The set of logged-in sessions changed. */
  readonly onLogin: () => void;
}

export interface CommandEvent {
  readonly user: string;
  readonly word: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The text of the trap, null when it was accepted. */
  readonly refused: string | null;
}

export interface Session {
  readonly deps: SessionDeps;
  readonly source: string;
  readonly sourcePort: number;
  readonly parser: SentenceParser;
  readonly output: Output;
  /** Commands under way, by tag; untagged ones under the empty tag. */
  readonly running: Map<string, () => void>;
  user: User | null;
  /** When it logged in, epoch ms of the tree's clock. */
  since: number;
  challenge: Buffer | null;
  /** Answers to one chunk leave in one write. */
  batch: Buffer[] | null;
  closed: boolean;
}

/** `!empty` marks an answer without rows from this version on. */
const EMPTY_SIGN_SINCE = versionNumber('7.18');

export function createSession(socket: Socket, source: string, deps: SessionDeps): Session {
  return {
    deps,
    source,
    sourcePort: socket.remotePort ?? 0,
    parser: sentenceParser(LIMITS_BEFORE_LOGIN),
    output: createOutput(socket, deps.faults),
    running: new Map(),
    user: null,
    since: 0,
    challenge: null,
    batch: null,
    closed: false,
  };
}

/** Throws a FrameError when the octets are no sentences. */
export function receive(session: Session, chunk: Buffer): void {
  if (session.deps.faults.halfOpen === true || session.closed) return;
  if (session.deps.unreachable?.(session.source) === true) return;
  session.batch = [];
  for (const sentence of session.parser.push(chunk)) {
    if (!session.closed) dispatch(session, sentence);
  }
  flush(session);
}

/** Ends what runs and rolls back what safe mode still holds. */
export function closeSession(session: Session): void {
  if (session.closed) return;
  session.closed = true;
  for (const stop of session.running.values()) stop();
  session.running.clear();
  session.deps.safeMode.sessionEnded(session);
  if (session.user !== null) {
    const message = `user ${session.user.name} logged out from ${session.source} via api`;
    session.deps.tree.log('system,info,account', message);
  }
}

function dispatch(session: Session, words: readonly string[]): void {
  const { user } = session;
  if (user === null && words[0] !== '/login') {
    fatal(session, 'not logged in');
    return;
  }
  try {
    const parsed = parseCommand(words);
    if (parsed.word === '/login') login(session, parsed);
    else if (parsed.word === '/quit') fatal(session, 'session terminated on request');
    else if (parsed.word === '/cancel') cancel(session, parsed);
    else command(session, parsed, user!);
  } catch (error) {
    refuse(session, tagIn(words), error);
  }
}

function login(session: Session, { attributes, tag }: Command): void {
  const { tree, onLogin } = session.deps;
  if (!attributes.has('name')) {
    session.challenge = randomBytes(16);
    say(session, '!done', tag, { ret: session.challenge.toString('hex') });
    return;
  }
  const user = authenticate(tree, attributes, session.challenge, session.source);
  session.challenge = null;
  const who = `user ${attributes.get('name')?.slice(0, 64)}`;
  if (user === null) {
    tree.log('system,error,critical', `login failure for ${who} from ${session.source} via api`);
    refuse(session, tag, new Trap(BAD_LOGIN));
    return;
  }
  session.user = user;
  session.since = tree.now();
  session.parser.setLimits(LIMITS);
  tree.log('system,info,account', `${who} logged in from ${session.source} via api`);
  onLogin();
  say(session, '!done', tag);
}

function cancel(session: Session, { attributes, tag }: Command): void {
  const wanted = attributes.get('tag');
  const tags = wanted === undefined ? [...session.running.keys()] : [wanted];
  const stopped = tags.filter((each) => session.running.has(each));
  for (const each of stopped) {
    session.running.get(each)!();
    session.running.delete(each);
    say(session, '!trap', tagOf(each), { category: '2', message: 'interrupted' });
  }
  say(session, '!done', tag);
  for (const each of stopped) say(session, '!done', tagOf(each));
}

function command(session: Session, parsed: Command, user: User): void {
  const { word, attributes, tag } = parsed;
  const report = (refused: string | null): void =>
    session.deps.onCommand?.({ user: user.name, word, attributes, refused });
  const call = makeCall(session, parsed, user);
  try {
    if (session.running.has(tag ?? '')) throw new Trap('tag is already in use', 5);
    answer(session, runCommand(call), call);
  } catch (error) {
    report(errorMessage(error));
    throw error;
  }
  report(null);
}

function makeCall(session: Session, parsed: Command, user: User): Call {
  const { tree, clock, safeMode, system, onPower, pendingDeviceMode } = session.deps;
  let ended = false;
  return {
    ...parsed,
    tree,
    user,
    clock,
    safeMode,
    system,
    session,
    onPower,
    pendingDeviceMode,
    send: (row) => say(session, '!re', parsed.tag, row),
    finish(error) {
      if (ended) return;
      ended = true;
      session.running.delete(parsed.tag ?? '');
      if (error === undefined) say(session, '!done', parsed.tag);
      else refuse(session, parsed.tag, error);
    },
  };
}

function answer(session: Session, outcome: Outcome, call: Call): void {
  switch (outcome.kind) {
    case 'running':
      session.running.set(call.tag ?? '', outcome.stop);
      return;
    case 'rows':
      for (const row of outcome.rows) say(session, '!re', call.tag, row);
      if (outcome.rows.length === 0 && knowsEmpty(call.tree)) say(session, '!empty', call.tag);
      say(session, '!done', call.tag);
      return;
    case 'done':
      say(session, '!done', call.tag, outcome.ret === undefined ? {} : { ret: outcome.ret });
  }
}

function knowsEmpty(tree: WritableTree): boolean {
  return versionNumber(tree.version) >= EMPTY_SIGN_SINCE;
}

/** One or two traps, then the end of the command. */
function refuse(session: Session, tag: string | null, error: unknown): void {
  const trap = error instanceof Trap ? error : new Trap(`failure: ${errorMessage(error)}`, 4);
  if (trap.preceding !== null) say(session, '!trap', tag, { message: trap.preceding });
  const category: Reply = trap.category === null ? {} : { category: String(trap.category) };
  say(session, '!trap', tag, { ...category, message: trap.message });
  say(session, '!done', tag);
}

function fatal(session: Session, reason: string): void {
  emit(session, encodeSentence(['!fatal', reason]));
  flush(session);
  closeSession(session);
  session.output.end();
}

function say(session: Session, sign: string, tag: string | null, reply: Reply = {}): void {
  const words = [sign];
  if (tag !== null) words.push(`.tag=${tag}`);
  for (const [name, value] of Object.entries(reply)) words.push(`=${name}=${value}`);
  emit(session, encodeSentence(words));
}

function emit(session: Session, octets: Buffer): void {
  if (session.closed) return;
  if (session.batch === null) session.output.write(octets);
  else session.batch.push(octets);
}

function flush(session: Session): void {
  const { batch } = session;
  session.batch = null;
  if (batch !== null && batch.length > 0) session.output.write(Buffer.concat(batch));
}

function tagIn(words: readonly string[]): string | null {
  return words.find((word) => word.startsWith('.tag='))?.slice('.tag='.length) ?? null;
}

function tagOf(key: string): string | null {
  return key === '' ? null : key;
}
