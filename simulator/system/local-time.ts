/** The router's own time as it prints it, in the zone of `/system/clock`. */
import { formatDateTime } from '../menu/clock-text.ts';
import type { WritableTree } from '../menu/tree-state.ts';

export function localTime(tree: WritableTree): string {
  const zone = tree.single('/system/clock')['time-zone-name'] ?? 'manual';
  return formatDateTime(tree.now(), zone === 'manual' ? undefined : zone);
}
