/**
 * What travels over a link, read from its sentences: commands, writes, and how many round trips one had
 * to wait for another. A command's depth is one more than that of the deepest answer that its sender had
 * got (Lamport 1978), so commands that travel together count once.
 */
import { encodeSentence, LIMITS, sentenceParser } from '../api/codec.ts';

/** What an octet stream carried up to here. */
export interface LinkCounts {
  readonly connections: number;
  readonly commands: number;
  /** Commands that change something. */
  readonly writes: number;
  readonly roundTrips: number;
  /** To the router, and from it. */
  readonly octetsUp: number;
  readonly octetsDown: number;
}

const WRITES = /\/(add|set|move|remove|unset|enable|disable|save)$/;

export interface Tally {
  readonly counts: LinkCounts;
  connected(): Talk;
}

/** One connection's share. */
export interface Talk {
  /** Octets of the client, before they are passed on; gives the commands that they complete. */
  up(octets: Buffer): Asked[];
  /** Octets of the router, as they reach the client. */
  down(octets: Buffer): void;
}

export interface Asked {
  readonly isWrite: boolean;
  /** Where in these octets its sentence ends. */
  readonly end: number;
}

function isWrite(word: string): boolean {
  return WRITES.test(word);
}

export function createTally(): Tally {
  const counts = { connections: 0, commands: 0, writes: 0, octetsUp: 0, octetsDown: 0 };
  let deepest = 0;
  return {
    get counts() {
      return { ...counts, roundTrips: deepest };
    },
    connected: () => {
      counts.connections += 1;
      // The handshake of TCP.
      deepest += 1;
      const asked = sentenceParser(LIMITS);
      const answered = sentenceParser(LIMITS);
      const depths = new Map<string, number>();
      /** Octets of a sentence that is not whole yet. */
      let held = 0;
      return {
        up: (octets) => {
          counts.octetsUp += octets.length;
          let end = -held;
          held += octets.length;
          return asked.push(octets).map((words) => {
            const size = encodeSentence(words).length;
            end += size;
            held -= size;
            const write = isWrite(words[0] ?? '');
            counts.commands += 1;
            if (write) counts.writes += 1;
            depths.set(tagOf(words), deepest + 1);
            return { isWrite: write, end };
          });
        },
        down: (octets) => {
          counts.octetsDown += octets.length;
          for (const words of answered.push(octets)) {
            if (words[0] === '!done') deepest = Math.max(deepest, depths.get(tagOf(words)) ?? 0);
          }
        },
      };
    },
  };
}

function tagOf(words: readonly string[]): string {
  return words.find((word) => word.startsWith('.tag='))?.slice('.tag='.length) ?? '';
}
