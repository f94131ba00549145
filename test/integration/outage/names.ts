/** Every phone asks for names all the time: how long it got none, and whether it ever got one that it must not get. */
import type { Clock } from '../../../lib/clock.ts';
import { forEachLimited } from '../../../lib/retry.ts';
import { FLOOR_NAMES } from '../../../settings/floor-names.ts';
import type { Phone } from '../../../simulator/phones/contract.ts';
import { INTERNET } from './server.ts';

/** What the receive buffer of the resolver for all of them holds: a question that is lost there costs seconds. */
const AT_ONCE = 100;

export interface Names {
  /** Every phone asks once for a name that nobody has in a cache, and for one of the floor. */
  ask(): Promise<void>;
  /** Seconds between two answers, the longest of any phone. */
  longestGap(): number;
  /** Answers that came, and names of the floor that were asked for. */
  readonly counts: { answered: number; unanswered: number; floor: number };
  /** Names of the floor that led into the internet, with what asked for them and when. */
  readonly leaks: string[];
}

export function namesOf(phones: ReadonlyMap<string, Phone>, clock: Clock): Names {
  const last = new Map<string, number>();
  const counts = { answered: 0, unanswered: 0, floor: 0 };
  const leaks: string[] = [];
  let longest = 0;
  let round = 0;
  const askOne = async (who: string, phone: Phone, at: number): Promise<void> => {
    const { rcode, addresses } = await phone.resolve(`n${round}.${who}.berita.example`);
    if (rcode === 0 && addresses[0] === INTERNET) {
      longest = Math.max(longest, at - (last.get(who) ?? at));
      last.set(who, at);
      counts.answered += 1;
    } else counts.unanswered += 1;
  };
  const askFloor = async (who: string, phone: Phone, at: number): Promise<void> => {
    const name = FLOOR_NAMES[(round * 7 + who.length) % FLOOR_NAMES.length]!;
    // Sometimes below it, and never the same twice in a row.
    const asked = round % 2 === 0 ? name : `w${round}.${name}`;
    const { addresses } = await phone.resolve(asked);
    counts.floor += 1;
    if (addresses.includes(INTERNET))
      leaks.push(`${asked} at ${who}, ${new Date(at).toISOString()}`);
  };
  return {
    counts,
    leaks,
    longestGap: () => {
      // Who still waits has waited until now.
      const waits = [...phones.keys()].map((who) => clock.now() - (last.get(who) ?? 0));
      return Math.max(longest, ...waits) / 1000;
    },
    ask: async () => {
      round += 1;
      const at = clock.now();
      await forEachLimited([...phones], AT_ONCE, async ([who, phone]) => {
        await askOne(who, phone, at);
        await askFloor(who, phone, at);
      });
    },
  };
}
