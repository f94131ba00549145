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
  /** Logs in anew as our own user, which proves that it works, and tells the store. */
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
    prove: async () => {
      await using fresh = await dialEither();
      await fresh.run('/system/identity/print');
    },
    adoptOurUser: async () => {
      const fresh = await dial(ours);
      await connection.close();
      connection = fresh;
      who = ours;
      if (!isSame(credentials, ours)) {
        await store.setApiUser({ routerId: router.id, ...ours });
      }
    },
    [Symbol.asyncDispose]: () => connection.close(),
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
