/**
 * Logged in to one router, as whoever the store names or as our own user. The first contact is made
 * with the operator's user; `adoptOurUser` changes over once our user stands in the configuration.
 */
import { errorCode } from '../lib/errors.ts';
import type { Store } from '../store/contract.ts';
import type { Router, RouterCredentials } from '../store/types.ts';
import { doorOf, refuseAnotherBoard } from './enrol/identity.ts';
import { serviceUserOf } from './enrol/service-account.ts';
import { connectRouter, type RouterOsConnection } from './routeros/client.ts';
import { RouterOsError } from './routeros/errors.ts';
import { IN_FLIGHT } from './routeros/pipeline.ts';
import type { LinkTimeouts } from './settings/link.ts';
import { apiPasswordOf } from './village.ts';

type LinkManners = Pick<LinkTimeouts, 'connectMs' | 'commandMs'> & { readonly inFlight: number };

export interface LinkOptions {
  readonly store: Pick<Store, 'routerCredentials' | 'credentialKey' | 'setApiUser'>;
  readonly router: Router;
  /** Name of our user on the routers. */
  readonly apiUser: string;
  readonly signal?: AbortSignal;
  readonly connect?: typeof connectRouter;
  /** Of the router, read just now: at the first contact; else the pinned one must be shown. */
  readonly certificate?: string;
  /** By the village's link; default: those of the client. */
  readonly timeouts?: LinkManners;
}

export interface RouterLink extends AsyncDisposable {
  readonly connection: RouterOsConnection;
  readonly nasSecret: string;
  readonly apiPassword: string;
  /** Of the account on the service port, and what it is derived from. */
  readonly service: { readonly password: string; readonly seed: string };
  /** Whether the store names our own user, so that there is nothing to adopt. */
  readonly isOurs: boolean;
  /** Reaches the router on a connection of its own; throws when it cannot. */
  prove(): Promise<void>;
  /** Commands that travel together. */
  readonly inFlight: number;
  /** Reaches the router as our own user, which must stand by now; {@link adoptOurUser} goes on from there. */
  proveOurs(): Promise<void>;
  /** Goes over to our own user, logged in anew, and tells the store. */
  adoptOurUser(): Promise<void>;
}

interface Who {
  readonly apiUser: string;
  readonly apiPassword: string;
}

/** Throws what `connectRouter` throws, and `ROUTER_LOGIN` for a router that the store does not know. */
export async function openLink(options: LinkOptions): Promise<RouterLink> {
  const { store, router } = options;
  const credentials = await store.routerCredentials(router.id);
  if (credentials === null)
    throw new RouterOsError('ROUTER_LOGIN', `unknown router ${router.name}`);
  const { apiSeed = router.id, serviceSeed = router.id } = credentials;
  const ours: Who = { apiUser: options.apiUser, apiPassword: apiPasswordOf(store, apiSeed) };
  let who: Who = credentials;
  const dial = (one: Who): Promise<RouterOsConnection> =>
    dialAs(options, { ...credentials, ...one });
  const dialEither = async (): Promise<RouterOsConnection> => {
    try {
      return await dial(who);
    } catch (error) {
      if (errorCode(error) !== 'ROUTER_LOGIN' || isSame(who, ours)) throw error;
      // The password was set on the router, and the store does not know yet.
      const connection = await dial(ours);
      who = ours;
      return connection;
    }
  };

  const farewells = partings();
  const { leave } = farewells;
  /** Logged in as our own user while the other connection still writes. */
  let next: RouterOsConnection | null = null;
  let connection = await dialEither();
  await refuseAnotherBoard(connection, router, credentials, options.signal);
  return {
    get connection() {
      return connection;
    },
    nasSecret: credentials.nasSecret,
    apiPassword: ours.apiPassword,
    service: {
      password: serviceUserOf(store, serviceSeed).password,
      seed: serviceSeed,
    },
    get isOurs() {
      return isSame(credentials, ours);
    },
    prove: async () => leave(await alive(await dialEither())),
    inFlight: options.timeouts?.inFlight ?? IN_FLIGHT,
    proveOurs: async () => {
      if (next !== null) leave(next);
      next = await alive(await dial(ours));
    },
    adoptOurUser: async () => {
      const fresh = next?.open === true ? next : await dial(ours);
      next = null;
      leave(connection);
      connection = fresh;
      who = ours;
      if (!isSame(credentials, ours)) {
        await store.setApiUser({ routerId: router.id, ...ours });
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([farewells.said(), connection.close(), next?.close()]);
    },
  };
}

/** Closes a connection that logged in and answers nothing more. */
async function alive(connection: RouterOsConnection): Promise<RouterOsConnection> {
  try {
    await connection.run('/system/identity/print');
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** A farewell takes a round trip, which nobody needs to wait for before the end. */
function partings(): { leave: (one: RouterOsConnection) => void; said: () => Promise<unknown> } {
  const left: Promise<void>[] = [];
  return {
    leave: (one) => void left.push(one.close()),
    said: () => Promise.all(left),
  };
}

async function dialAs(
  { router, signal, timeouts, certificate, connect = connectRouter }: LinkOptions,
  credentials: RouterCredentials,
): Promise<RouterOsConnection> {
  return await connect({
    ...doorOf(router, credentials, certificate),
    ...(timeouts === undefined
      ? {}
      : {
          connectTimeoutMs: timeouts.connectMs,
          commandTimeoutMs: timeouts.commandMs,
          inFlight: timeouts.inFlight,
        }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function isSame(a: Who, b: Who): boolean {
  return a.apiUser === b.apiUser && a.apiPassword === b.apiPassword;
}
