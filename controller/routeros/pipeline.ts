/**
 * Commands of one connection on their way: tags, at most {@link IN_FLIGHT} by default at the router at once,
 * answers matched to commands. No socket and no timer here; `connection.ts` has them.
 */
import { encodeSentence, type Word } from './codec.ts';
import { RouterOsError, RouterTrap } from './errors.ts';
import type { Attributes, Reply } from './reply.ts';

export interface CommandResult {
  readonly rows: Attributes[];
  /** `=ret=` of `!done`: the id of an added row, the number of `count-only`. */
  readonly ret: string | null;
}

export interface Pending {
  readonly command: string;
  /** What follows the command and its tag. */
  readonly words: readonly Word[];
  readonly rows: Attributes[];
  readonly traps: string[];
  category: number | null;
  /** What its answer costs so far, in bytes. */
  weight: number;
  readonly onRow: ((row: Attributes) => void) | null;
  readonly settle: (error: RouterOsError | null, result?: CommandResult) => void;
  /** Set once written. */
  tag: string | null;
}

export interface Pipeline {
  submit(pending: Pending): void;
  /**
   * Forgets a command. One that was already sent keeps its place until the router has stopped it; its
   * late replies are ignored.
   */
  abandon(pending: Pending): void;
  /** Throws `ROUTER_PROTOCOL` for an answer that has no end. */
  onReply(reply: Reply): void;
  /** Rejects everything, now and later. */
  end(error: RouterOsError): void;
  /** Every place is held by a command that the router has neither answered nor stopped. */
  readonly stuck: boolean;
}

/** More at once makes a small router slower, not faster. A `/cancel` travels beside them. */
export const IN_FLIGHT = 8;
const MAX_WAITING = 4096;
/** The largest answer that we hold in memory. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export function createPipeline(write: (bytes: Buffer) => unknown, inFlight = IN_FLIGHT): Pipeline {
  const places = createPlaces(write, inFlight);
  const waiting: Pending[] = [];
  let ended: RouterOsError | null = null;

  const pump = (): void => {
    while (places.free) {
      const pending = waiting.shift();
      if (pending === undefined) return;
      places.take(pending);
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
      else places.cancel(pending);
    },
    onReply: (reply) => {
      places.onReply(reply);
      pump();
    },
    end: (error) => {
      ended ??= error;
      const all = [...places.clear(), ...waiting];
      waiting.length = 0;
      for (const pending of all) pending.settle(error);
    },
    get stuck() {
      return places.stuck;
    },
  };
}

/** A command at the router; `pending` is null when nobody waits for it any more. */
interface Place {
  pending: Pending | null;
  cancelTag: string | null;
}

interface Places {
  readonly free: boolean;
  readonly stuck: boolean;
  take(pending: Pending): void;
  cancel(pending: Pending): void;
  onReply(reply: Reply): void;
  /** Gives those who still wait. */
  clear(): Pending[];
}

function createPlaces(write: (bytes: Buffer) => unknown, inFlight: number): Places {
  const places = new Map<string, Place>();
  /** Tag of a `/cancel` to the tag that it stops. */
  const cancels = new Map<string, string>();
  let nextTag = 1;

  const send = (command: string, words: readonly Word[]): string => {
    const tag = String(nextTag++);
    write(encodeSentence([command, `.tag=${tag}`, ...words]));
    return tag;
  };

  const release = (tag: string): void => {
    const cancelTag = places.get(tag)?.cancelTag ?? null;
    places.delete(tag);
    if (cancelTag !== null) cancels.delete(cancelTag);
  };

  return {
    get free() {
      return places.size < inFlight;
    },
    get stuck() {
      return !this.free && places.values().every(({ pending }) => pending === null);
    },
    take: (pending) => {
      pending.tag = send(pending.command, pending.words);
      places.set(pending.tag, { pending, cancelTag: null });
    },
    cancel: (pending) => {
      const place = pending.tag === null ? undefined : places.get(pending.tag);
      if (place?.pending !== pending || pending.tag === null) return;
      place.pending = null;
      place.cancelTag = send('/cancel', [`=tag=${pending.tag}`]);
      cancels.set(place.cancelTag, pending.tag);
    },
    onReply: (reply) => {
      const tag = reply.tag ?? '';
      const pending = places.get(tag)?.pending ?? null;
      if (pending !== null) {
        if (applyReply(pending, reply)) release(tag);
      } else if (reply.kind === 'done') {
        // The end of a command that was given up, or of the `/cancel` that stopped it.
        release(cancels.get(tag) ?? tag);
      }
    },
    clear: () => {
      const left = [...places.values()].flatMap(({ pending }) => pending ?? []);
      places.clear();
      cancels.clear();
      return left;
    },
  };
}

/** Takes one reply into its command; true when the command is complete. */
function applyReply(pending: Pending, reply: Reply): boolean {
  if (pending.onRow === null || reply.kind !== 're') pending.weight += reply.weight;
  if (pending.weight > MAX_ANSWER_BYTES) {
    throw new RouterOsError('ROUTER_PROTOCOL', `${pending.command} has an answer without end`);
  }
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
