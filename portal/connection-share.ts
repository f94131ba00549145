/**
 * How many connections one address may hold. One that opens all it can must leave enough for its neighbours;
 * a NAT or a proxy in front of the portal holds those of many phones. So an address always gets
 * {@link ShareLimits.floor}, and beyond it a part of what is still free: less, the fuller it is.
 */
export interface ShareLimits {
  readonly total: number;
  readonly floor: number;
  /** Of the free ones, above 0 and at most 1. */
  readonly part: number;
}

export interface ConnectionShare {
  /** True when the connection may stay; it is to be closed by {@link close} in that case only. */
  open(address: string): boolean;
  close(address: string): void;
}

export function createConnectionShare({ total, floor, part }: ShareLimits): ConnectionShare {
  const held = new Map<string, number>();
  let all = 0;
  return {
    open: (address) => {
      const own = held.get(address) ?? 0;
      const allowed = Math.max(floor, (total - all) * part);
      if (all >= total || own >= allowed) return false;
      held.set(address, own + 1);
      all += 1;
      return true;
    },
    close: (address) => {
      const left = (held.get(address) ?? 0) - 1;
      all -= 1;
      if (left > 0) held.set(address, left);
      else held.delete(address);
    },
  };
}
