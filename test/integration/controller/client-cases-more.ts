/** What the API client promises beyond the sixteen: old logins, streams, bytes, words, places. */
import { expect } from 'vitest';
import { type Attributes, rawValue } from '../../../controller/routeros/client.ts';
import { type Connect, type ContractCase, code, POOL, servesOn } from './client-cases.ts';

async function isProtocolError(connect: Connect): Promise<void> {
  const connection = await connect();
  const rows = connection.run('/interface/print');
  await expect(rows).rejects.toEqual(code('ROUTER_PROTOCOL'));
  await expect(connection.lost).resolves.toEqual(code('ROUTER_PROTOCOL'));
}

export const MORE: readonly ContractCase[] = [
  {
    id: 'old-login',
    title: 'a challenge is answered as before 6.43',
    run: async (connect) => {
      await servesOn(await connect({ password: '' }));
    },
  },
  {
    id: 'old-bad-login',
    title: 'a wrong answer to a challenge is a refused login',
    run: async (connect) => {
      const login = connect({ password: 'salah' });
      await expect(login).rejects.toEqual(code('ROUTER_LOGIN'));
      await expect(login).rejects.toThrow('cannot log in');
    },
  },
  {
    id: 'not-logged-in',
    title: '!fatal instead of an answer to the login rejects with its reason',
    run: async (connect) => {
      await expect(connect()).rejects.toThrow('not logged in');
    },
  },
  {
    id: 'ret',
    title: '=ret= of !done is handed over',
    run: async (connect) => {
      const connection = await connect();
      const added = await connection.runFor('/ip/pool/add', POOL);
      const count = await connection.runFor(
        '/ip/pool/print',
        { 'count-only': '' },
        { queries: ['name=kolam'] },
      );
      expect(added).toEqual({ rows: [], ret: expect.stringMatching(/^\*[0-9A-F]+$/) });
      expect(count).toEqual({ rows: [], ret: '1' });
    },
  },
  {
    id: 'listen',
    title: 'listen hands over rows, says which are gone, and resolves when it is stopped',
    run: async (connect) => {
      const connection = await connect();
      const stop = new AbortController();
      const heard: string[] = [];
      const gone = Promise.withResolvers<void>();
      const onRow = (row: Attributes, dead: boolean): void => {
        heard.push(dead ? 'dead' : (row.ranges ?? ''));
        if (dead) gone.resolve();
      };
      const listening = connection.listen('/ip/pool/listen', {}, { signal: stop.signal, onRow });
      await connection.run('/ip/pool/add', POOL);
      await connection.run('/ip/pool/set', { '.id': 'kolam', ranges: '10.0.0.1-10.0.0.5' });
      await connection.run('/ip/pool/remove', { '.id': 'kolam' });
      await gone.promise;
      stop.abort();
      await expect(listening).resolves.toBeUndefined();
      expect(heard).toEqual(['10.0.0.1-10.0.0.9', '10.0.0.1-10.0.0.5', 'dead']);
      await servesOn(connection);
    },
  },
  {
    id: 'listen-dead-yes',
    title: 'a row is gone in the words of older routers too, and the router may end a listening',
    run: async (connect) => {
      const connection = await connect();
      const heard: unknown[] = [];
      const { signal } = new AbortController();
      const onRow = (row: Attributes, dead: boolean): unknown => heard.push([row['.id'], dead]);
      await connection.listen('/user/active/listen', {}, { signal, onRow });
      expect(heard).toEqual([
        ['*68', false],
        ['*68', true],
      ]);
    },
  },
  {
    id: 'listener-fault',
    title: 'a listener that throws ends its own listening alone',
    run: async (connect) => {
      const connection = await connect();
      const { signal } = new AbortController();
      const onRow = (): void => {
        throw new TypeError('a fault of the listener');
      };
      const listening = connection.listen('/ip/pool/listen', {}, { signal, onRow });
      const ended = Promise.allSettled([listening]);
      await connection.run('/ip/pool/add', POOL);
      expect(await ended).toMatchObject([{ reason: expect.any(TypeError) }]);
      await servesOn(connection);
    },
  },
  {
    id: 'words',
    title: 'a tag may stand anywhere; what belongs to no command is ignored',
    run: async (connect) => {
      await servesOn(await connect());
    },
  },
  {
    id: 'bare-row',
    title: 'a row without properties is a row',
    run: async (connect) => {
      const connection = await connect();
      const rows = connection.run('/ip/pool/print', {}, { proplist: ['comment'] });
      await expect(rows).resolves.toEqual([{}]);
    },
  },
  {
    id: 'latin1',
    title: 'bytes that are not UTF-8 are read as latin1, kept, and sent as they were',
    run: async (connect) => {
      const connection = await connect();
      const comment = Buffer.from('44e97361', 'hex');
      await connection.run('/ip/pool/add', { ...POOL, comment });
      const [row] = await connection.run(
        '/ip/pool/print',
        {},
        { proplist: ['comment'], queries: ['name=kolam'] },
      );
      expect(row).toEqual({ comment: 'Désa' });
      expect(rawValue(row ?? {}, 'comment')).toEqual(comment);
    },
  },
  {
    id: 'values',
    title: 'values may hold "=" and new lines, or nothing',
    run: async (connect) => {
      const connection = await connect();
      await connection.run('/ip/pool/add', { ...POOL, comment: ' a=b==\nc ' });
      const rows = await connection.run(
        '/ip/pool/print',
        {},
        { proplist: ['name', 'comment'], queries: ['name=kolam'] },
      );
      await connection.run('/ip/pool/set', { '.id': 'kolam', comment: '' });
      expect(rows).toEqual([{ name: 'kolam', comment: ' a=b==\nc ' }]);
    },
  },
  {
    id: 'trap-lines',
    title: 'a trap keeps its lines',
    run: async (connect) => {
      const connection = await connect();
      await expect(connection.run('/system/script/run', { number: 'a' })).rejects.toMatchObject({
        category: 3,
        messages: ['expected end of command\r\n(line 1 column 7)'],
      });
    },
  },
  {
    id: 'queries',
    title: 'queries choose rows',
    run: async (connect) => {
      const connection = await connect();
      const queries = ['name=ether1', 'name=ether2', '#|'];
      const rows = connection.run('/interface/print', {}, { proplist: ['name'], queries });
      await expect(rows).resolves.toEqual([{ name: 'ether1' }, { name: 'ether2' }]);
    },
  },
  {
    id: 'control-byte',
    title: 'a reserved control byte ends the connection',
    run: isProtocolError,
  },
  { id: 'word-too-long', title: 'a word over 16 MiB ends the connection', run: isProtocolError },
  {
    id: 'places',
    title: 'eight commands at most are at the router; a ninth is not even sent',
    run: async (connect) => {
      const connection = await connect();
      const { signal } = new AbortController();
      const stop = new AbortController();
      const follow = (until: AbortSignal): Promise<void> =>
        connection.listen('/interface/listen', {}, { signal: until, onRow: () => undefined });
      const first = follow(stop.signal);
      const others = Promise.allSettled(Array.from({ length: 7 }, () => follow(signal)));
      const ninth = connection.run('/never/sent', {}, { timeoutMs: 20 });
      await expect(ninth).rejects.toEqual(code('ROUTER_TIMEOUT'));
      stop.abort();
      await first;
      await servesOn(connection);
      await connection.close();
      await others;
    },
  },
  {
    id: 'aborted-before',
    title: 'a command whose signal was aborted before is never sent',
    run: async (connect) => {
      const connection = await connect();
      const signal = AbortSignal.abort();
      const never = connection.run('/never/sent', {}, { signal });
      await expect(never).rejects.toEqual(code('ROUTER_ABORTED'));
      await servesOn(connection);
    },
  },
];
