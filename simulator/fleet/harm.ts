/** What people and full disks do to a router's configuration. */
import type { WritableTree } from '../menu/tree-state.ts';

const EDITED = ['/ip/firewall/filter', '/ip/dns/static', '/ip/firewall/address-list'];
const FILLER = 'flash/filler';

/** Somebody at the router takes a row away that carries a comment, or switches it off; `at` says which. */
export function editByHand(tree: WritableTree, at: number): void {
  const path = EDITED[at % EDITED.length]!;
  const rows = tree
    .rows(path)
    .filter(({ dynamic, values: { comment = '' } }) => !dynamic && /^(?!defconf)./.test(comment));
  const row = rows[at % Math.max(1, rows.length)];
  if (row === undefined) return;
  if (at % 2 === 0) tree.remove(path, [row.id]);
  else tree.set(path, [row.id], new Map([['disabled', 'yes']]));
}

/** Leaves so many octets of the flash free, or what is free already. */
export function fillFlash(tree: WritableTree, freeOctets: number): void {
  tree.writeFile(FILLER, Buffer.alloc(Math.max(0, tree.free().disk - freeOctets)));
}

export function emptyFlash(tree: WritableTree): void {
  tree.remove('/file', [tree.find('/file', FILLER)!.id]);
}
