/**
 * Other people's clients beside ours on the same twin: where two clients that share no code hear the
 * same, neither the twin nor our client can be wrong alone.
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { RouterOSAPI } from 'node-routeros';
import { afterEach, describe, expect, it } from 'vitest';
import { connectRouter, type RouterOsConnection } from '../../../controller/routeros/client.ts';
import { RouterTrap } from '../../../controller/routeros/errors.ts';
import { ADMIN, startTwin, type TestTwin } from '../../../simulator/api/test-twin.ts';
import { startApiSsl } from '../../../simulator/fleet/api-ssl.ts';
import { MENUS } from '../../../simulator/menu/schema.ts';
import { installed } from '../../fixtures/installed.ts';

// Debian's package belongs to Debian's own python3.
const PYTHON = '/usr/bin/python3';
const ORACLE = fileURLToPath(new URL('../../fixtures/routeros-oracle.py', import.meta.url));
const hasClient = await installed('librouteros', PYTHON, ['-c', 'import librouteros']);

type Row = Readonly<Record<string, string>>;
type Answer = { readonly rows: readonly Row[] } | { readonly traps: readonly string[] };

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

/** Its clock stands still: every reading of it is the same. */
async function twinOf(version: string, board: string): Promise<TestTwin> {
  const at = Date.UTC(2026, 10, 24);
  const twin = await startTwin({ version, board, identity: 'Désa ☕', now: () => at });
  open.push(twin);
  return twin;
}

async function ours({ api }: TestTwin): Promise<RouterOsConnection> {
  const to = { host: '127.0.0.1', port: api.port, user: ADMIN.name, password: ADMIN.password };
  const connection = await connectRouter(to);
  open.push(connection);
  return connection;
}

async function librouteros(
  port: number,
  steps: readonly (readonly string[])[],
  ...how: readonly string[]
): Promise<Answer[]> {
  const login = how[0] ?? 'plain';
  const args = [ORACLE, String(port), ADMIN.name, ADMIN.password, login, ...how.slice(1)];
  const child = spawn(PYTHON, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(steps));
  return JSON.parse(await text(child.stdout)) as Answer[];
}

/** The answer of ours in the shape of theirs. */
async function answerOf(connection: RouterOsConnection, command: string): Promise<Answer> {
  try {
    return { rows: await connection.run(command) };
  } catch (error) {
    if (error instanceof RouterTrap) return { traps: error.messages };
    throw error;
  }
}

/** Menus that show who is logged in differ from one client to the next. */
const OF_THE_SESSION = ['/user/active', '/log', '/ip/service'];
const PATHS = [...MENUS.keys()].filter((path) => !OF_THE_SESSION.includes(path));

describe.skipIf(!hasClient)('librouteros', () => {
  it.each([
    ['7.16.2', 'hap-ac2'],
    ['7.18.2', 'hap-ax2'],
    ['7.24', 'hap-lite'],
  ])('reads every menu of a twin of %s on %s as we do', async (version, board) => {
    const twin = await twinOf(version, board);
    const prints = PATHS.map((path) => `${path}/print`);

    const theirs = await librouteros(
      twin.api.port,
      prints.map((print) => [print]),
    );
    const connection = await ours(twin);
    const read = await Promise.all(prints.map((print) => answerOf(connection, print)));

    expect(prints.map((print, at) => [print, read[at]])).toEqual(
      prints.map((print, at) => [print, theirs[at]]),
    );
    expect(
      theirs.filter((answer) => 'rows' in answer && answer.rows.length > 0).length,
    ).toBeGreaterThan(20);
    expect(theirs.filter((answer) => 'traps' in answer).length).toBeGreaterThan(0);
  });

  it('writes what we read: rows, changes, order, removals', async () => {
    const twin = await twinOf('7.20.8', 'hap-ax2');
    const rule = (comment: string): string[] => [
      '/ip/firewall/filter/add',
      '=chain=forward',
      '=action=accept',
      `=comment=${comment}`,
    ];

    const answers = await librouteros(twin.api.port, [
      rule('satu'),
      rule('désa ☕ dua'),
      rule('tiga'),
      [
        '/ip/firewall/filter/add',
        '=chain=forward',
        '=action=drop',
        '=comment=nol',
        '=place-before=*1',
      ],
      ['/ip/pool/add', '=name=kolam', '=ranges=10.0.0.1-10.0.0.9'],
      ['/ip/pool/set', '=numbers=kolam', '=ranges=10.0.0.1-10.0.0.5'],
      ['/ip/pool/add', '=name=kolam', '=ranges=10.0.0.1'],
      ['/no/such/menu/print'],
    ]);
    const ids = answers.slice(0, 3).map((answer) => ('rows' in answer ? answer.rows[0]?.ret : ''));
    await librouteros(twin.api.port, [
      ['/ip/firewall/filter/move', `=numbers=${ids[2]}`, `=destination=${ids[1]}`],
      ['/ip/firewall/filter/remove', `=.id=${ids[0]}`],
    ]);
    const connection = await ours(twin);
    const rules = await connection.run(
      '/ip/firewall/filter/print',
      {},
      { proplist: ['.id', 'comment'] },
    );
    const pools = await connection.run('/ip/pool/print', {}, { queries: ['name=kolam'] });
    const refused = await answerOf(connection, '/no/such/menu/print');

    expect(rules.map(({ comment }) => comment)).toContain('nol');
    expect(rules.slice(-2).map((row) => [row['.id'], row.comment])).toEqual([
      [ids[2], 'tiga'],
      [ids[1], 'désa ☕ dua'],
    ]);
    expect(pools).toMatchObject([{ ranges: '10.0.0.1-10.0.0.5' }]);
    expect(answers[6]).toEqual({ traps: ['failure: already have pool with such name'] });
    expect(answers[7]).toEqual(refused);
  });

  it('reads what we write', async () => {
    const twin = await twinOf('7.20.8', 'hap-ax2');
    const connection = await ours(twin);
    const address = '10.9.8.0/24';

    const { ret } = await connection.runFor('/ip/firewall/address-list/add', {
      list: 'sw-doh',
      address,
      comment: 'sw:désa "☕"\n=x',
    });
    const [answer] = await librouteros(twin.api.port, [
      ['/ip/firewall/address-list/print', '=.proplist=.id,list,address,comment', '?list=sw-doh'],
    ]);

    expect(answer).toEqual({
      rows: [{ '.id': ret, list: 'sw-doh', address, comment: 'sw:désa "☕"\n=x' }],
    });
  });

  it('logs in with the challenge of old routers, and over anonymous TLS', async () => {
    const twin = await twinOf('7.20.8', 'hap-ax2');
    const host = '127.0.0.1';
    const ssl = await startApiSsl({ address: host, port: 0, apiPort: twin.api.port });
    open.push(ssl);
    const print = [['/system/identity/print']];

    const heard = await Promise.all([
      librouteros(twin.api.port, print, 'token'),
      librouteros(ssl.port, print, 'plain', 'tls'),
    ]);

    expect(heard).toEqual([[{ rows: [{ name: 'Désa ☕' }] }], [{ rows: [{ name: 'Désa ☕' }] }]]);
  });
});

describe('node-routeros', () => {
  it('reads every menu that has rows as we do, except for text that it cannot read', async () => {
    const twin = await twinOf('7.24', 'hap-ax2');
    const connection = await ours(twin);
    const api = await new RouterOSAPI({
      host: '127.0.0.1',
      port: twin.api.port,
      user: ADMIN.name,
      password: ADMIN.password,
    }).connect();
    const compared: string[] = [];

    for (const path of PATHS) {
      const answer = await answerOf(connection, `${path}/print`);
      // An empty answer ends its process, and a second trap as well.
      if (!('rows' in answer) || answer.rows.length === 0) continue;
      if (!isAscii(answer.rows)) continue;
      compared.push(path);
      expect([path, await api.write(`${path}/print`)]).toEqual([path, answer.rows]);
    }
    await api.close();

    expect(compared.length).toBeGreaterThan(20);
    expect(compared).not.toContain('/system/identity');
  });
});

function isAscii(rows: readonly Row[]): boolean {
  return /^[\u0020-\u007e]*$/.test(JSON.stringify(rows));
}
