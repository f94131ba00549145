/** The handler of Access-Requests around the real store, for one village's NAS; no sockets. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { type AuthDeps, type AuthHandler, createAuthHandler } from '../../../radius/auth.ts';
import { type Packet, textOf } from '../../../radius/codec.ts';
import { createRadiusMetrics } from '../../../radius/metrics.ts';
import {
  accessRequest,
  decodeReply,
  type LoginPacket,
  MAC,
  NAS_SECRET,
  PORTAL,
  SILENT,
  START_MS,
  seedRouters,
  seedTariff,
  TIME_ZONE,
} from '../../../radius/radius.fixture.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { responseHolds } from '../../../radius/sign.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { Router, Tariff } from '../../../store/types.ts';

export const NAS_ADDRESS = '10.99.0.1';

export interface AuthStand extends AsyncDisposable {
  readonly store: Store;
  readonly router: Router;
  /** At {@link START_MS} when the stand is made. */
  readonly clock: SteppedClock;
  /** A handler of its own, with nothing in memory. */
  handler(over?: Partial<AuthDeps>): AuthHandler;
  tariff(limits?: Partial<Tariff>): Promise<string>;
  /** A name that no other test of the stand has. */
  unique(word: string): string;
  fromNas(login: LoginPacket, by?: AuthHandler): Promise<Packet>;
  fromPortal(username: string, password: string, by?: AuthHandler, at?: SeenPhone): Promise<Packet>;
}

/** What a phone says that it is, and where the portal sees it. */
export interface SeenPhone {
  readonly mac: string;
  readonly address: string;
}

/** `accept`, or the code of the refusal. */
export function verdict(reply: Packet): string {
  return reply.code === 2 ? 'accept' : (textOf(reply, 'Reply-Message') ?? '').split(' ')[0]!;
}

export async function authStand(): Promise<AuthStand> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'radius-auth-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { store } = await openStore({
    store: `sqlite:${join(folder, 'test.db')}`,
    keyFile: join(folder, 'store.key'),
  });
  stack.use(store);
  const { router } = await seedRouters(store, NAS_ADDRESS);
  const clock = steppedClock(START_MS);
  const owned = stack.move();
  const handler = (over: Partial<AuthDeps> = {}): AuthHandler =>
    owned.use(
      createAuthHandler({
        store,
        clock,
        log: SILENT,
        metrics: createRadiusMetrics(createMetrics()),
        timeZone: TIME_ZONE,
        interimSeconds: 300,
        portal: PORTAL,
        rejectDelayMs: 0,
        ...over,
      }),
    );
  const first = handler();
  let port = 40_000;
  /** From a fresh port; both signatures of the reply are verified. */
  const send = async (login: LoginPacket, address: string, by: AuthHandler): Promise<Packet> => {
    const { bytes, authenticator } = accessRequest(login);
    port += 1;
    const reply = decodeReply(await by.handle(bytes, { address, port }));
    const secret = radiusSecret(login.secret ?? NAS_SECRET);
    if (!responseHolds(reply, authenticator, secret)) throw new Error('the reply is not signed');
    return reply;
  };
  let serial = 0;
  const unique = (word: string): string => {
    serial += 1;
    return `${word}${serial}`;
  };
  return {
    store,
    router,
    clock,
    handler,
    unique,
    tariff: (limits = {}) => seedTariff(store, unique('T'), limits),
    fromNas: (login, by = first) => send(login, NAS_ADDRESS, by),
    fromPortal: (username, password, by = first, at = { mac: MAC, address: '172.16.0.9' }) => {
      const more = [
        ['Service-Type', 8],
        ['NAS-Identifier', router.name],
        ['Calling-Station-Id', at.mac],
        ['Framed-IP-Address', at.address],
      ] as const;
      return send({ username, password, more, secret: PORTAL.secret }, PORTAL.address, by);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
