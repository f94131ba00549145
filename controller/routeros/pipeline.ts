/**
 * Commands of one connection on their way: tags, at most {@link MAX_IN_FLIGHT} sent at once, answers
 * matched to commands. No socket and no timer here; `connection.ts` has them.
 */
import { encodeSentence } from './codec.ts';
import { RouterOsError, RouterTrap } from './errors.ts';
import type { Attributes, Reply } from './reply.ts';

export interface CommandResult {
  readonly rows: Attributes[];
  /** `=ret=` of `!done`: the id of an added row, the number of `count-only`. */
  readonly ret: string | null;
}

export interface Pending {
  readonly words: readonly string[];
  readonly rows: Attributes[];
  readonly traps: string[];
  category: number | null;
  readonly onRow: ((row: Attributes) => void) | null;
  readonly settle: (error: RouterOsError | null, result?: CommandResult) => void;
  /** Set once written. */
  tag: string | null;
}

export interface Pipeline {
  submit(pending: Pending): void;
  /** Forgets a command; when it was already sent, asks the router to stop. Its late replies are ignored. */
  abandon(pending: Pending): void;
  onReply(reply: Reply): void;
  /** Rejects everything, now and later. */
  end(error: RouterOsError): void;
}

/** More in flight makes a small router slower, not faster. */
const MAX_IN_FLIGHT = 8;
const MAX_WAITING = 4096;

export function createPipeline(write: (bytes: Buffer) => void): Pipeline {
  const inFlight = new Map<string, Pending>();
  const waiting: Pending[] = [];
  let ended: RouterOsError | null = null;
  let nextTag = 1;

  const send = (words: readonly string[]): string => {
    const tag = String(nextTag++);
    const [command = '', ...rest] = words;
    write(encodeSentence([command, `.tag=${tag}`, ...rest]));
    return tag;
  };

  const pump = (): void => {
    while (inFlight.size < MAX_IN_FLIGHT) {
      const pending = waiting.shift();
      if (pending === undefined) return;
      pending.tag = send(pending.words);
      inFlight.set(pending.tag, pending);
    }
  };

  return {
    submit: (pending) => {
      if (ended !== null) {
        pending.settle(ended);
      } else if (waiting.length >= MAX_WAITING) {
        pending.settle(new RouterOsError('ROUTER_BUSY', 'too many commands wait'));
      } else {
        waiting.push(pending);
        pump();
      }
    },
    abandon: (pending) => {
      const index = waiting.indexOf(pending);
      if (index !== -1) waiting.splice(index, 1);
      if (pending.tag === null || !inFlight.delete(pending.tag)) return;
      send(['/cancel', `=tag=${pending.tag}`]);
      pump();
    },
    onReply: (reply) => {
      const tag = reply.tag ?? '';
      const pending = inFlight.get(tag);
      if (pending !== undefined && applyReply(pending, reply)) {
        inFlight.delete(tag);
        pump();
      }
    },
    end: (error) => {
      ended ??= error;
      const all = [...inFlight.values(), ...waiting];
      inFlight.clear();
      waiting.length = 0;
      for (const pending of all) pending.settle(error);
    },
  };
}

/** Takes one reply into its command; true when the command is complete. */
function applyReply(pending: Pending, reply: Reply): boolean {
  switch (reply.kind) {
    case 're':
      if (pending.onRow === null) pending.rows.push(reply.attributes);
      else pending.onRow(reply.attributes);
      return false;
    case 'trap': {
      pending.traps.push(reply.attributes.message ?? reply.text);
      const category = Number.parseInt(reply.attributes.category ?? '', 10);
      if (pending.category === null && Number.isInteger(category)) pending.category = category;
      return false;
    }
    case 'done':
      if (pending.traps.length > 0) {
        pending.settle(new RouterTrap(pending.traps, pending.category));
      } else {
        pending.settle(null, { rows: pending.rows, ret: reply.attributes.ret ?? null });
      }
      return true;
    default:
      // `!empty` precedes `!done`; words of later versions carry nothing we asked for.
      return false;
  }
}
