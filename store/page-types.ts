/** What the portal's pages keep: announcements, appeals against blocks, cases. Part of the contract: {@link ./types.ts}. */

import type { StoredSetting } from './setting-types.ts';
import type { AccountKind, Policy, PolicyLevel, RouterState, Session } from './types.ts';

/** `service`: work or a fault that is known; it stands before everything else. */
export type AnnouncementKind = 'news' | 'service';

/** Something that a village, district or regency tells its people. */
export interface Announcement {
  readonly id: string;
  readonly level: PolicyLevel;
  readonly code: string;
  readonly kind: AnnouncementKind;
  /** Plain text, Indonesian. */
  readonly text: string;
  /** Null: the Indonesian text is shown to all. */
  readonly textEn: string | null;
  /** Shown from here; null = at once. */
  readonly from: number | null;
  /** Null = until it is removed. */
  readonly until: number | null;
  /** Smaller first. */
  readonly position: number;
  readonly createdAt: number;
}

/** What somebody needs a blocked site for: a closed set, so that nobody writes about himself. */
export type AppealReason = 'none' | 'school' | 'work' | 'service' | 'other';
export type AppealState = 'open' | 'allowed' | 'rejected';

/** How often people of a village said that a name is blocked by mistake. Never who. */
export interface Appeal {
  readonly villageCode: string;
  readonly name: string;
  /** As the block page named it; null when no list has the name. */
  readonly category: string | null;
  readonly state: AppealState;
  readonly counts: Readonly<Record<AppealReason, number>>;
  /** Days in UTC: an instant would lead to somebody. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** When what was allowed ends; null where nothing was, and where the policy allows it for good. */
  readonly allowedUntil: number | null;
}

export type AppealDecision = {
  readonly name: string;
  readonly level: PolicyLevel;
  readonly code: string;
} & ({ readonly state: 'allowed'; readonly until: number } | { readonly state: 'rejected' });

/** What a check of "why am I not online?" found. */
export type CheckOutcome = 'good' | 'bad' | 'unknown';

export interface CaseCheck {
  /** `uplink`, `hours`, `session`, … */
  readonly name: string;
  readonly outcome: CheckOutcome;
  /** For an operator: `down since 2026-11-24T03:00:00.000Z (link)`. */
  readonly detail: string | null;
}

/** What an operator needs to help, and nothing that names a person. */
export interface CaseFacts {
  /** The first check that failed, as the citizen was told: `hours`, `quota`, `none`. */
  readonly verdict: string;
  readonly checks: readonly CaseCheck[];
  readonly router: string | null;
  readonly villageCode: string | null;
  /** Keyed hash of the MAC, 16 hex: the same phone has the same, and nobody can go back from it. */
  readonly phone: string | null;
  /** Internal id, never a phone number or a code. */
  readonly account: { readonly kind: AccountKind; readonly id: string } | null;
  readonly sessionId: string | null;
  /** Reject code that the router or the login page last showed. */
  readonly reject: string | null;
}

export interface Case {
  readonly id: string;
  readonly facts: CaseFacts;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface RouterStateNow {
  readonly state: RouterState;
  readonly cause: string | null;
  readonly since: number;
}

/** What waits for an officer, and since when. */
export interface Backlog {
  /** By village and name. */
  readonly appeals: Readonly<Record<AppealState, number>>;
  /** Midnight (UTC) of its first day; null when none is open. */
  readonly oldestAppealAt: number | null;
  /** That live at `at`: those that nobody has looked into, and the others. */
  readonly cases: { readonly waiting: number; readonly answered: number };
  readonly oldestCaseAt: number | null;
}

export interface PageStore {
  /** Cached. Of a village or regency by its code: its own rows and those of the levels above it. */
  settingsAt(code: string): Promise<readonly StoredSetting[]>;
  /** Cached. As {@link settingsAt}; whatever their time, in the order in which they are shown. */
  announcementsAt(code: string): Promise<readonly Announcement[]>;
  addAnnouncement(
    args: Omit<Announcement, 'id' | 'createdAt'> & { at: number },
  ): Promise<Announcement>;
  removeAnnouncement(args: { id: string }): Promise<boolean>;
  listAnnouncements(): Promise<Announcement[]>;
  /** Counts one more. A name that was decided is counted and stays decided. */
  recordAppeal(args: {
    villageCode: string;
    name: string;
    category: string | null;
    reason: AppealReason;
    at: number;
  }): Promise<void>;
  listAppeals(args: { state?: AppealState; limit: number }): Promise<Appeal[]>;
  /**
   * Decides all appeals of a place in one commit. `allowed` also adds the name to the policy of that level;
   * a level without a policy gets the one that held there so far, and the name. At `until` {@link Store.purge}
   * takes it out again, and its appeals are open once more; null where the policy allows it for good already.
   */
  decideAppeal(
    args: AppealDecision & { at: number },
  ): Promise<{ appeals: number; policy: Policy | null; until: number | null }>;
  /**
   * The code is told to the citizen. The same `subject` (a keyed reference of who asks and where) keeps its
   * code while the case lives, with the newer facts.
   */
  openCase(args: {
    subject: string;
    facts: CaseFacts;
    at: number;
    ttlMs: number;
  }): Promise<{ id: string; code: string }>;
  /** Spaces, hyphens, case and look-alikes forgiven; null when its time is over at `at`. */
  caseByCode(args: { code: string; at: number }): Promise<Case | null>;
  /** Somebody has looked into it; only the first time counts. */
  answerCase(args: { id: string; at: number }): Promise<void>;
  backlog(args: { at: number }): Promise<Backlog>;
  /** Null before the controller has seen the router. */
  routerState(routerId: string): Promise<RouterStateNow | null>;
  /** The last session at an address that is over and ended since then. */
  lastSessionAt(args: { framedIp: string; since: number }): Promise<Session | null>;
}
