/**
 * Logged in to one router, as whoever the store names or as our own user. The first contact is made
 * with the operator's user; `adoptOurUser` changes over once our user stands in the configuration.
 */
import { errorCode } from '../lib/errors.ts';
import type { Store } from '../store/contract.ts';
import type { Router, RouterCredentials } from '../store/types.ts';
import { readBoard } from './enrol/board.ts';
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
  const dial = (one: Who): Promise<RouterOsConnection> => dialAs(options, one);
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
  await refuseAnotherBoard(connection, router, credentials);
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

function dialAs(
  { router, signal, timeouts, connect = connectRouter }: LinkOptions,
  { apiUser, apiPassword }: Who,
): Promise<RouterOsConnection> {
  return connect({
    host: router.address,
    port: router.apiPort,
    user: apiUser,
    password: apiPassword,
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

/** Closes the connection and throws `ROUTER_IDENTITY` when the board is not the one that enrolled. */
async function refuseAnotherBoard(
  connection: RouterOsConnection,
  { name }: Router,
  { pin }: RouterCredentials,
): Promise<void> {
  if (pin === undefined) return;
  try {
    const { serial } = await readBoard(connection);
    if (serial === pin.serial) return;
    const is = serial === null ? 'a board without a serial number' : `board ${serial}`;
    throw new RouterOsError(
      'ROUTER_IDENTITY',
      `${name} is board ${pin.serial} (${pin.board}), and ${is} answers`,
    );
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function isSame(a: Who, b: Who): boolean {
  return a.apiUser === b.apiUser && a.apiPassword === b.apiPassword;
}
