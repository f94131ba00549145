/**
 * Safe mode (7.18 and later): what its owner changes stays only if it is released; when the owner's session ends
 * first, the configuration goes back to what it was, without a reboot. A router's history holds some hundred
 * actions: more than that leaves safe mode silently.
 */

import { failure } from '../menu/trap.ts';
import type { Snapshot, WritableTree } from '../menu/tree-state.ts';

const HISTORY_ACTIONS = 100;

export interface SafeMode {
  take(session: object, user: string): void;
  /** Keeps the changes. */
  release(session: object): void;
  /** Takes the changes back. */
  unroll(session: object): void;
  held(session: object): boolean;
  /** Counts a write of any session. */
  countAction(): void;
  /** To be called when a session is gone. */
  sessionEnded(session: object): void;
}

export function createSafeMode(tree: WritableTree): SafeMode {
  let current: { session: object; user: string; before: Snapshot; actions: number } | null = null;

  const show = (): void => {
    if (tree.menu('/safe-mode') === undefined) return;
    const user = current === null ? { user: '', owner: '' } : { user: current.user, owner: 'api' };
    const enabled = String(current !== null);
    tree.assign('/safe-mode', '', { enabled, current: 'false', ...user });
  };
  const leave = (): void => {
    current = null;
    show();
  };
  const rollBack = (): void => {
    const before = current?.before;
    current = null;
    if (before !== undefined) tree.restore(before);
    show();
    tree.log('system,info', 'safe mode changes undone');
  };
  const owned = (session: object): void => {
    if (current?.session !== session) throw failure('safe mode is not taken by this session');
  };
  show();

  return {
    take(session, user) {
      if (current !== null) throw failure('safe mode is already taken');
      current = { session, user, before: tree.snapshot(), actions: 0 };
      show();
    },
    release(session) {
      owned(session);
      leave();
    },
    unroll(session) {
      owned(session);
      rollBack();
    },
    held: (session) => current?.session === session,
    countAction() {
      if (current === null) return;
      current.actions += 1;
      if (current.actions > HISTORY_ACTIONS) leave();
    },
    sessionEnded(session) {
      if (current?.session === session) rollBack();
    },
  };
}
