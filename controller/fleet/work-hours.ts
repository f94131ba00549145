/** Which routers may be changed or reboot just now: what settings say, and how each router stands. */
import type { SettingRow } from '../../settings/resolve.ts';
import type { Router } from '../../store/types.ts';
import {
  isQuiet,
  mayChangeAt,
  minuteOfWeek,
  type WorkHours,
  workHoursOf,
} from '../upgrade/quiet.ts';

export interface FleetHours {
  /** What the store says now. */
  sync(routers: readonly Router[], rows: readonly SettingRow[]): void;
  /** False for a router that is not known. */
  mayChange(routerId: string, at: number): boolean;
  /** Whether a reboot that begins now is over before it disturbs. */
  isQuiet(router: Pick<Router, 'id'>, at: number): boolean;
}

interface Known {
  readonly hours: WorkHours;
  readonly timeZone: string;
  /** New, or half written: it is worse off as it is. */
  readonly isUnfinished: boolean;
}

/** `timeZone`: of routers whose village does not tell. */
export function createFleetHours(timeZone: string): FleetHours {
  let known = new Map<string, Known>();
  return {
    sync: (routers, rows) => {
      known = new Map(
        routers.map((router) => [
          router.id,
          {
            hours: workHoursOf(router, rows),
            timeZone: router.timeZone ?? timeZone,
            isUnfinished: router.provisioning === 'new' || router.provisioning === 'failed',
          },
        ]),
      );
    },
    mayChange: (routerId, at) => {
      const one = known.get(routerId);
      if (one === undefined) return false;
      return one.isUnfinished || mayChangeAt(one.hours, minuteOfWeek(at, one.timeZone));
    },
    isQuiet: ({ id }, at) => {
      const one = known.get(id);
      return one !== undefined && isQuiet(one.hours, minuteOfWeek(at, one.timeZone));
    },
  };
}
