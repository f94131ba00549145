/**
 * The part of a phone that deals with captive portals, as {@link HABITS} has it: probes after it joined, shows
 * the portal in a window without memory, and looks again only after a whole page came (a request in the
 * background never makes it look). Once the probe finds the internet, some close the window.
 */
import type { OpenedPage, Phone } from './contract.ts';
import { HABITS, type Habits } from './habits.ts';
import type { PhoneKind, ProbeResult } from './probes.ts';

export interface Assistant {
  /** Joins the network and looks for the internet; the window opens where a portal is. */
  join(): Promise<ProbeResult | 'no lease'>;
  /** The page in the window; null when it is closed. */
  page(): OpenedPage | null;
  /** Whether the last look found the internet. */
  online(): boolean;
  /** Fills in and presses the form with these fields, then looks again. */
  fill(fields: Readonly<Record<string, string>>, path?: string): Promise<OpenedPage>;
  /** Follows a link or an address in the same window, then looks again. */
  follow(url: string): Promise<OpenedPage>;
  /** The citizen turns to another application, and comes back to the network afterwards with {@link join}. */
  switchApplication(): Promise<void>;
  /** Windows that opened, whole pages that came, and looks at the probe. */
  counts(): { readonly windows: number; readonly pages: number; readonly probes: number };
}

/** What of a {@link Phone} the assistant uses; `fill` and `follow` act on the page at hand. */
export type AssistedPhone = Pick<
  Phone,
  'join' | 'leave' | 'probe' | 'openPortal' | 'fill' | 'follow'
>;

export function createAssistant(phone: AssistedPhone, kind: PhoneKind): Assistant {
  const habits: Habits = HABITS[kind];
  let page: OpenedPage | null = null;
  let online = false;
  let windows = 0;
  let pages = 0;
  let probes = 0;

  const look = async (): Promise<ProbeResult> => {
    probes += 1;
    const { result } = await phone.probe();
    online = result === 'internet';
    if (online && habits.closes) page = null;
    return result;
  };
  const came = async (next: OpenedPage): Promise<OpenedPage> => {
    pages += 1;
    page = next;
    await look();
    return next;
  };
  return {
    join: async () => {
      if ((await phone.join()) === null) return 'no lease';
      const result = await look();
      if (result !== 'portal') return result;
      windows += 1;
      pages += 1;
      page = await phone.openPortal();
      return result;
    },
    page: () => page,
    online: () => online,
    fill: async (fields, path) => came(await phone.fill(fields, path)),
    follow: async (url) => came(await phone.follow(url)),
    switchApplication: async () => {
      if (!habits.leavesOnSwitch) return;
      page = null;
      if (!online) await phone.leave();
    },
    counts: () => ({ windows, pages, probes }),
  };
}
