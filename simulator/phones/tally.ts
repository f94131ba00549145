/**
 * What one phone counted of its hotspot sessions, to be compared with what the router reported.
 *
 * A session begins when the router accepts the phone and ends when the phone sees that it is over:
 * it logged out, lost its address, or the router's login page stands in the way again. Only
 * forwarded octets count, as RouterOS counts them; what the router itself answers does not.
 */
export interface SessionCount {
  /** From the phone. */
  readonly inputOctets: number;
  readonly outputOctets: number;
}

export interface SessionRecord extends SessionCount {
  readonly mac: string;
  readonly ip: string;
  /** User name of the hand-back to the router; null when the router let the phone in by its MAC. */
  readonly username: string | null;
  readonly startedAt: number;
  /** Null while it lasts. */
  readonly endedAt: number | null;
}

export interface Tally {
  /** Whether the phone believes that it is online. */
  online(): boolean;
  /** How many sessions have begun. */
  begun(): number;
  begin(ip: string, username: string | null, atMs: number): void;
  /** Adds to the open session; without one the octets are the walled garden's and not counted. */
  add(count: SessionCount): void;
  end(atMs: number): void;
  /** The session at hand, else the last one; zeros before the first. */
  current(): SessionCount;
  /** Oldest first, the open one last; the latest {@link HISTORY} are kept. */
  records(): SessionRecord[];
}

const HISTORY = 64;

export function createTally(mac: string): Tally {
  const past: SessionRecord[] = [];
  let open: SessionRecord | null = null;
  let begun = 0;
  const end = (atMs: number): void => {
    if (open === null) return;
    past.push({ ...open, endedAt: atMs });
    if (past.length > HISTORY) past.shift();
    open = null;
  };
  return {
    online: () => open !== null,
    begun: () => begun,
    begin: (ip, username, atMs) => {
      end(atMs);
      begun += 1;
      const zero = { inputOctets: 0, outputOctets: 0 };
      open = { mac, ip, username, startedAt: atMs, endedAt: null, ...zero };
    },
    add: (count) => {
      if (open === null) return;
      open = {
        ...open,
        inputOctets: open.inputOctets + count.inputOctets,
        outputOctets: open.outputOctets + count.outputOctets,
      };
    },
    end,
    current: () => {
      const { inputOctets = 0, outputOctets = 0 } = open ?? past.at(-1) ?? {};
      return { inputOctets, outputOctets };
    },
    records: () => (open === null ? [...past] : [...past, open]),
  };
}
