/**
 * Keeps the peers file as the store has it while the controller serves: what a command did not get to write, and what
 * was decided on another server, arrives all the same. Many changes at once are one writing.
 */
import { errorCode, errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Store } from '../../store/contract.ts';
import { writePeersFile } from './peers-file.ts';

export interface PeersKeeperOptions {
  readonly store: Pick<Store, 'wireguardPeers' | 'onInvalidate'>;
  readonly path: string;
  readonly log: Logger;
}

/** The file is written when this resolves; one that cannot be written is logged and tried with the next change. */
export async function keepPeersFile(options: PeersKeeperOptions): Promise<AsyncDisposable> {
  const { store, path, log } = options;
  let isStale = false;
  let running: Promise<void> | null = null;
  const write = async (): Promise<void> => {
    while (isStale) {
      isStale = false;
      try {
        const peers = await store.wireguardPeers();
        if (await writePeersFile(path, peers)) log.info({ peers: peers.length }, 'peers written');
      } catch (error) {
        log.error({ code: errorCode(error), reason: errorMessage(error) }, 'peers not written');
      }
    }
    running = null;
  };
  const raise = (): Promise<void> => {
    isStale = true;
    running ??= write();
    return running;
  };
  const unsubscribe = store.onInvalidate((kind) => {
    // It ends by itself; whoever disposes of us waits for it.
    if (kind === 'router') void raise();
  });
  await raise();
  return {
    [Symbol.asyncDispose]: async () => {
      unsubscribe();
      await running;
    },
  };
}
