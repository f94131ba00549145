/**
 * What the API client promises, case by case: the situations in which the usual client of others
 * fails. A case knows only a peer that stands in the named situation; who plays the
 * peer is `client-contract.test.ts`'s concern.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import {
  type ConnectOptions,
  connectRouter,
  type RouterOsConnection,
  type RouterTls,
} from '../../../controller/routeros/client.ts';

export interface Scene {
  readonly port: number;
  readonly tls?: RouterTls;
  /** From now on the peer is as bad as the situation says; a script of bytes is so by itself. */
  hurt(): void;
  /** And well again. */
  heal(): void;
}

export type Connect = (options?: Partial<ConnectOptions>) => Promise<RouterOsConnection>;

export interface ContractCase {
  /** Name of the situation. */
  readonly id: string;
  readonly title: string;
  readonly run: (connect: Connect, scene: Scene) => Promise<void>;
}

export const USER = { user: 'admin', password: 'rahasia' };

export function connector(
  { port, tls }: Pick<Scene, 'port' | 'tls'>,
  opened: AsyncDisposable[],
): Connect {
  return async (options = {}) => {
    const at = { host: '127.0.0.1', port, ...(tls === undefined ? {} : { tls }) };
    const connection = await connectRouter({ ...at, ...USER, ...options });
    opened.push(connection);
    return connection;
  };
}

export const code = (of: string): unknown => expect.objectContaining({ code: of });
async function readsNote(connect: Connect): Promise<void> {
  const connection = await connect();
  const rows = connection.run('/system/note/print', {}, { proplist: ['note'] });
  await expect(rows).resolves.toEqual([{ note: NOTE }]);
}

export const POOL = { name: 'kolam', ranges: '10.0.0.1-10.0.0.9' };
const NOTE = 'x'.repeat(200);

export async function servesOn(connection: RouterOsConnection): Promise<void> {
  await expect(connection.run('/system/identity/print')).resolves.toEqual([{ name: 'desa' }]);
}

/** By their number in the table of others' failures. */
export const SIXTEEN: readonly ContractCase[] = [
  {
    id: 'empty',
    title: '1: an empty answer is no rows',
    run: async (connect) => {
      const connection = await connect();
      await expect(connection.run('/ip/hotspot/print')).resolves.toEqual([]);
    },
  },
  {
    id: 'empty-before-7.18',
    title: '1: so it is from routers that know no !empty',
    run: async (connect) => {
      const connection = await connect();
      await expect(connection.run('/ip/hotspot/print')).resolves.toEqual([]);
    },
  },
  {
    id: 'close-in-login',
    title: '2: a peer that closes before it answers the login rejects',
    run: async (connect) => {
      await expect(connect()).rejects.toEqual(code('ROUTER_LOST'));
    },
  },
  {
    id: 'drop-in-flight',
    title: '3: FIN while a command runs rejects it and settles lost',
    run: async (connect) => {
      const connection = await connect();
      await expect(connection.run('/system/reboot')).rejects.toEqual(code('ROUTER_LOST'));
      await expect(connection.lost).resolves.toEqual(code('ROUTER_LOST'));
      expect(connection.open).toBe(false);
    },
  },
  {
    id: 'reset-in-flight',
    title: '4: RST in the middle of an answer rejects',
    run: async (connect, scene) => {
      const connection = await connect();
      scene.hurt();
      await expect(connection.run('/interface/print')).rejects.toEqual(code('ROUTER_LOST'));
    },
  },
  {
    id: 'idle',
    title: '5: an idle connection outlives its time-outs',
    run: async (connect) => {
      const connection = await connect({ commandTimeoutMs: 20 });
      await wait(60);
      expect(connection.open).toBe(true);
      const rows = connection.run('/system/identity/print', {}, { timeoutMs: 5000 });
      await expect(rows).resolves.toEqual([{ name: 'desa' }]);
    },
  },
  {
    id: 'close-hang',
    title: '6: close resolves although the peer never closes, twice too',
    run: async (connect, scene) => {
      const connection = await connect();
      scene.hurt();
      await expect(Promise.all([connection.close(), connection.close()])).resolves.toBeDefined();
      await expect(connection.close()).resolves.toBeUndefined();
      await expect(connection.run('/x')).rejects.toEqual(code('ROUTER_LOST'));
    },
  },
  {
    id: 'utf8',
    title: '7: UTF-8 is exact both ways',
    run: async (connect) => {
      const connection = await connect();
      await connection.run('/system/identity/set', { name: 'Désa ☕ Sungai' });
      await expect(connection.run('/system/identity/print')).resolves.toEqual([
        { name: 'Désa ☕ Sungai' },
      ]);
    },
  },
  { id: 'split', title: '8: a length may be split over segments', run: readsNote },
  { id: 'bytewise', title: '9: one byte a segment is read', run: readsNote },
  {
    id: 'fatal',
    title: '10: !fatal rejects with its reason',
    run: async (connect) => {
      const connection = await connect();
      const quit = connection.run('/quit');
      await expect(quit).rejects.toThrow('session terminated on request');
      await expect(quit).rejects.toEqual(code('ROUTER_LOST'));
    },
  },
  {
    id: 'fatal-rejects-all',
    title: '10: !fatal rejects whatever runs',
    run: async (connect) => {
      const connection = await connect();
      const others = connection.run('/interface/listen');
      const quit = connection.run('/quit');
      await expect(others).rejects.toThrow('session terminated on request');
      await expect(quit).rejects.toThrow('session terminated on request');
    },
  },
  {
    id: 'late-replies',
    title: '11: late replies of a cancelled command are ignored',
    run: async (connect, scene) => {
      const connection = await connect();
      scene.hurt();
      const stop = new AbortController();
      const stopped = connection.run('/interface/print', {}, { signal: stop.signal });
      stop.abort();
      await expect(stopped).rejects.toEqual(code('ROUTER_ABORTED'));
      await servesOn(connection);
    },
  },
  {
    id: 'arguments-twice',
    title: '12: arguments are copied, never changed',
    run: async (connect) => {
      const connection = await connect();
      const attributes = Object.freeze({ detail: '' });
      const options = Object.freeze({ proplist: Object.freeze(['name']) });
      const rows = [{ name: 'default-dhcp' }];
      await expect(connection.run('/ip/pool/print', attributes, options)).resolves.toEqual(rows);
      await expect(connection.run('/ip/pool/print', attributes, options)).resolves.toEqual(rows);
    },
  },
  {
    id: 'trap-two',
    title: '13: a trap carries its category and every message; the connection serves on',
    run: async (connect) => {
      const connection = await connect();
      await expect(connection.run('/interface/wireless/print')).rejects.toMatchObject({
        code: 'ROUTER_TRAP',
        category: 0,
        missing: true,
        messages: ['no such command or directory (wireless)', 'no such command prefix'],
      });
      await servesOn(connection);
    },
  },
  {
    id: 'trap-argument',
    title: '13: an argument that matches nothing has category 1',
    run: async (connect) => {
      const connection = await connect();
      const added = connection.run('/ip/address/add', {
        address: '192.168.88.1',
        interface: 'asdf',
      });
      await expect(added).rejects.toMatchObject({
        code: 'ROUTER_TRAP',
        category: 1,
        missing: false,
        messages: ['input does not match any value of interface'],
      });
    },
  },
  {
    id: 'timeout',
    title: '15: an unanswered command rejects, and the connection serves on',
    run: async (connect, scene) => {
      const connection = await connect();
      scene.hurt();
      const hung = connection.run('/interface/print', {}, { timeoutMs: 20 });
      await expect(hung).rejects.toEqual(code('ROUTER_TIMEOUT'));
      scene.heal();
      await servesOn(connection);
    },
  },
  {
    id: 'stuck',
    title: '15: a peer that holds all eight places without a word is lost',
    run: async (connect, scene) => {
      const connection = await connect();
      scene.hurt();
      const ask = (): Promise<unknown> => connection.run('/interface/print', {}, { timeoutMs: 20 });
      for (const answer of await Promise.allSettled(Array.from({ length: 8 }, ask))) {
        expect(answer).toMatchObject({ reason: code('ROUTER_TIMEOUT') });
      }
      expect(connection.open).toBe(true);
      await expect(ask()).rejects.toEqual(code('ROUTER_TIMEOUT'));
      await expect(connection.lost).resolves.toEqual(code('ROUTER_LOST'));
    },
  },
  {
    id: 'bad-login',
    title: '16: a wrong password rejects with the words of the router, and nothing stays open',
    run: async (connect) => {
      const login = connect({ password: 'salah' });
      await expect(login).rejects.toEqual(code('ROUTER_LOGIN'));
      await expect(login).rejects.toThrow('invalid user name or password (6)');
    },
  },
];
