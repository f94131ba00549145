/**
 * Logged in to one router, as whoever the store names or as our own user. The first contact is made
 * with the operator's user; `adoptOurUser` changes over once our user stands in the configuration.
 */
import { errorCode } from '../lib/errors.ts';
import type { Store } from '../store/contract.ts';
import type { Router } from '../store/types.ts';
import { connectRouter, type RouterOsConnection } from './routeros/client.ts';
import { RouterOsError } from './routeros/errors.ts';
import type { LinkTimeouts } from './settings/link.ts';
import { apiPasswordOf } from './village.ts';

export interface LinkOptions {
  readonly store: Pick<Store, 'routerCredentials' | 'credentialKey' | 'setApiUser'>;
  readonly router: Router;
  /** Name of our user on the routers. */
  readonly apiUser: string;
  readonly signal?: AbortSignal;
  readonly connect?: typeof connectRouter;
  /** By the village's link; default: those of the client. */
  readonly timeouts?: Pick<LinkTimeouts, 'connectMs' | 'commandMs'>;
}

export interface RouterLink extends AsyncDisposable {
  readonly connection: RouterOsConnection;
  readonly nasSecret: string;
  readonly apiPassword: string;
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
  const { store, router, signal, timeouts } = options;
  const credentials = await store.routerCredentials(router.id);
  if (credentials === null)
    throw new RouterOsError('ROUTER_LOGIN', `unknown router ${router.name}`);
  const ours: Who = { apiUser: options.apiUser, apiPassword: apiPasswordOf(store, router.id) };
  let who: Who = credentials;
  const dial = ({ apiUser, apiPassword }: Who): Promise<RouterOsConnection> =>
    (options.connect ?? connectRouter)({
      host: router.address,
      port: router.apiPort,
      user: apiUser,
      password: apiPassword,
      ...(timeouts === undefined
        ? {}
        : { connectTimeoutMs: timeouts.connectMs, commandTimeoutMs: timeouts.commandMs }),
      ...(signal === undefined ? {} : { signal }),
    });
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
  return {
    get connection() {
      return connection;
    },
    nasSecret: credentials.nasSecret,
    apiPassword: ours.apiPassword,
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

function isSame(a: Who, b: Who): boolean {
  return a.apiUser === b.apiUser && a.apiPassword === b.apiPassword;
}
