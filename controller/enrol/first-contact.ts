/**
 * The first time that a router is seen through its tunnel: which board it is, for good, and whether its device-mode
 * lets a hotspot run. Changing device-mode takes a person who cuts the power; that it was done is believed only when
 * the router, back again, says so itself.
 */
import type { Clock } from '../../lib/clock.ts';
import { errorCode } from '../../lib/errors.ts';
import type { Store } from '../../store/contract.ts';
import type { Router } from '../../store/types.ts';
import { openLink, type RouterLink } from '../link.ts';
import { type connectRouter, readFingerprint } from '../routeros/client.ts';
import { RouterOsError } from '../routeros/errors.ts';
import { type Board, readBoard } from './board.ts';

export interface ContactOptions {
  readonly store: Pick<Store, 'routerCredentials' | 'credentialKey' | 'setApiUser' | 'pinRouter'>;
  readonly router: Router;
  readonly apiUser: string;
  readonly clock: Clock;
  /** How long the tunnel may take to come up. */
  readonly waitMs: number;
  /** How long somebody has to cut the power. */
  readonly activationMs: number;
  /** Between two attempts. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly connect?: typeof connectRouter;
  /** Of a router that is spoken to with TLS. */
  readonly fingerprint?: typeof readFingerprint;
}

export interface Contact extends Board {
  readonly serial: string;
  /** SHA-256 of its certificate; null where it is spoken to without TLS. */
  readonly certificate: string | null;
  /** Whether this contact is the one that the router is pinned to. */
  readonly isFirst: boolean;
}

const NOT_YET = ['ROUTER_UNREACHABLE', 'ROUTER_LOST', 'ROUTER_TIMEOUT'];

/**
 * Waits for the router, pins it, and sees device-mode through. Throws `ROUTER_IDENTITY` for another board,
 * `ROUTER_DEVICE_MODE` when nobody cut the power in time, `ROUTER_UNREACHABLE` when it did not come.
 */
export async function firstContact(options: ContactOptions): Promise<Contact> {
  const { store, router, say } = options;
  const { board, link, certificate } = await reach(options, options.waitMs);
  await using open = link;
  const { serial } = board;
  if (serial === null) {
    throw new RouterOsError('ROUTER_IDENTITY', `${router.name} has no serial number to know it by`);
  }
  const at = options.clock.now();
  const pinned = await store.pinRouter({
    routerId: router.id,
    serial,
    board: board.board,
    certificate,
    at,
  });
  if (pinned.outcome === 'other') {
    throw new RouterOsError(
      'ROUTER_IDENTITY',
      `board ${serial} answers as ${router.name}, but ${pinned.router} is board ${pinned.pin.serial} (${pinned.pin.board})`,
    );
  }
  say(`${router.name} is ${board.board}, serial ${serial}, RouterOS ${board.version}`);
  const isFirst = pinned.outcome === 'pinned';
  const contact = { ...board, serial, certificate, isFirst };
  if (board.hotspotAllowed !== false) return contact;
  await activate(options, open);
  return { ...contact, hotspotAllowed: true };
}

async function activate(options: ContactOptions, link: RouterLink): Promise<void> {
  const { router, clock, activationMs, signal, say } = options;
  const until = clock.now() + activationMs;
  // The router answers when it is over, one way or the other; its answer is not what counts.
  const asked = link.connection
    .run(
      '/system/device-mode/update',
      { mode: 'advanced', 'activation-timeout': `${Math.ceil(activationMs / 1000)}s` },
      { timeoutMs: activationMs + 10_000, signal },
    )
    .then(
      () => null,
      (error: unknown) => error,
    );
  say(
    `${router.name}: device-mode forbids the hotspot. CABUT LISTRIK SEKARANG, then plug in again`,
  );
  for (;;) {
    const left = until - clock.now();
    if (left <= 0) break;
    say(`${router.name}: ${Math.ceil(left / 1000)} s left to cut the power (cabut listrik)`);
    await clock.sleep(Math.min(options.pauseMs, left), signal);
    if (await isActivated(options)) {
      say(`${router.name}: device-mode now allows the hotspot`);
      await link.connection.close();
      await asked;
      return;
    }
  }
  await link.connection.close();
  await asked;
  throw new RouterOsError(
    'ROUTER_DEVICE_MODE',
    `${router.name}: the power was not cut in time; repeat smartwifi router enrol ${router.name}`,
  );
}

/** By a new connection: the router without power keeps an old one open for long. */
async function isActivated(options: ContactOptions): Promise<boolean> {
  try {
    // Its certificate is pinned by now.
    await using link = await openLink(options);
    return (await readBoard(link.connection, options.signal)).hotspotAllowed === true;
  } catch (error) {
    if (NOT_YET.includes(errorCode(error))) return false;
    throw error;
  }
}

async function reach(
  options: ContactOptions,
  waitMs: number,
): Promise<{ board: Board; link: RouterLink; certificate: string | null }> {
  const { router, clock, signal, say } = options;
  const until = clock.now() + waitMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const certificate = await readCertificate(options);
      const link = await openLink({ ...options, ...(certificate === null ? {} : { certificate }) });
      try {
        return { board: await readBoard(link.connection, signal), link, certificate };
      } catch (error) {
        await link[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      if (!NOT_YET.includes(errorCode(error)) || clock.now() >= until) throw error;
    }
    if (attempt === 1) say(`waiting for ${router.name} at ${router.address}`);
    await clock.sleep(options.pauseMs, signal);
  }
}

/** What is pinned from now on; it is asked for by the operator, through the tunnel, and the board must be the right one. */
async function readCertificate(options: ContactOptions): Promise<string | null> {
  const { store, router, signal, fingerprint = readFingerprint } = options;
  const credentials = await store.routerCredentials(router.id);
  if (credentials?.apiSsl !== true) return null;
  return await fingerprint({ host: router.address, port: router.apiPort, signal });
}
