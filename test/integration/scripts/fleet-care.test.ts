/** `drift`, `backup` and `upgrade` as operators type them, against a twin. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normaliseExport } from '../../../controller/backup/normalise-export.ts';
import { exportText } from '../../../simulator/api/export.ts';
import { ADMIN, startTwin, type TestTwin } from '../../../simulator/api/test-twin.ts';
import { livingRouter } from '../../../simulator/system/test-system.ts';
import { openStore } from '../../../store/open.ts';
import { type Cli, cliIn } from './cli.fixture.ts';

let directory = '';
let cli: Cli;
let twin: TestTwin;
const SECRET = 'rahasia-nas-desa';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-care-'));
  cli = cliIn(directory);
  twin = await startTwin();
  await writeFile(
    join(directory, 'smartwifi.yaml'),
    'network: { controllerAddress: 127.0.0.1, portalAddress: 127.0.0.1 }\n',
  );
  await writeFile(
    join(directory, 'v.csv'),
    'code,village,district\n16.06.01.2001,Teladan,Sekayu\n',
  );
  await cli.json('village', 'import', '--csv', join(directory, 'v.csv'));
  const login = ['--user', ADMIN.name, '--password', ADMIN.password, '--nas-secret', SECRET];
  const at = ['--address', '127.0.0.1', '--api-port', String(twin.api.port)];
  await cli.json('router', 'add', 'rt-1', '--village', '16.06.01.2001', ...at, ...login);
  await cli.json('router', 'apply', 'rt-1');
});
afterAll(async () => {
  await twin[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

describe('drift', () => {
  it('is shown as ours and theirs, kept or taken back, and audited', async () => {
    expect(await cli.run('router', 'drift', 'rt-1')).toMatchObject({ code: 0 });
    twin.tree.setSingle('/ip/dns', new Map([['cache-size', '4321']]));

    const shown = await cli.run('router', 'drift', '--all');
    expect(shown.code).toBe(1);
    expect(shown.out).toMatch(/\/ip\/dns {2}changed\n {4}- cache-size=\d+\n {4}\+ cache-size=4321/);

    const at = { store: `sqlite:${join(directory, 'var/smartwifi.db')}` };
    {
      const { store } = await openStore({ ...at, keyFile: join(directory, 'var/store.key') });
      await using _closed = store;
      const { id } = (await store.routerByName('rt-1'))!;
      await store.recordDrift({ routerId: id, rows: ['/ip/dns'], at: 0 });
    }
    expect((await cli.run('router', 'drift', 'rt-1')).out).toContain('changed, since 1970-01-01');

    await cli.json('router', 'adopt', 'rt-1', '/ip/dns');
    expect(await cli.run('router', 'drift', 'rt-1')).toMatchObject({ code: 0 });
    expect(await cli.json('router', 'plan', 'rt-1')).toMatchObject({ changes: [] });
    expect((await cli.run('router', 'kept', 'rt-1')).out).toContain('4321');

    await cli.json('router', 'revert', 'rt-1', '/ip/dns');
    expect(twin.tree.single('/ip/dns')['cache-size']).not.toBe('4321');
    const actions = (await cli.json('audit', 'list')).map(
      ({ action }: { action: string }) => action,
    );
    expect(actions).toEqual(expect.arrayContaining(['drift.adopt', 'drift.revert']));
  });

  it('says what it does not know', async () => {
    expect(await cli.run('router', 'adopt', 'rt-1', 'nothing')).toMatchObject({ code: 2 });
    expect(await cli.run('router', 'adopt', 'rt-9', '/ip/dns')).toMatchObject({ code: 2 });
  });
});

describe('backup', () => {
  it('was taken before the first apply, and tells what changed since', async () => {
    await cli.json('router', 'backup', 'rt-1');
    twin.tree.setSingle('/system/identity', new Map([['name', 'tangan']]));
    await cli.json('router', 'backup', 'rt-1');

    const listed = await cli.json('router', 'backups', 'rt-1');
    expect(listed[0]).toMatchObject({ version: 1, reason: 'apply' });
    const last = listed.at(-1).version;
    const { changes } = await cli.json('router', 'diff', 'rt-1');
    expect(changes).toEqual([
      { kind: 'removed', menu: '/system identity', line: 'set name=rt-1' },
      { kind: 'added', menu: '/system identity', line: 'set name=tangan' },
    ]);
    const whole = await cli.run('router', 'diff', 'rt-1', '1', String(last));
    expect(whole.out).toContain('+ add');
    expect(whole.out).not.toContain(SECRET);
  });

  it('goes to a file of its own, for the owner alone, and into the audit', async () => {
    const file = join(directory, 'rt-1.rsc');
    await cli.json('router', 'export', 'rt-1', '--file', file);

    expect(await readFile(file, 'utf8')).toContain(SECRET);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await cli.run('router', 'export', 'rt-1', '--file', file)).toMatchObject({ code: 2 });
    const actions = (await cli.json('audit', 'list')).map(
      ({ action }: { action: string }) => action,
    );
    expect(actions).toContain('backup.export');
  });

  it('is planned, then restored', async () => {
    const { version } = (await cli.json('router', 'backups'))[0];
    const pool = twin.tree.rows('/ip/pool').find(({ values }) => values.comment === 'sw:pool')!;
    const { ranges } = pool.values;
    twin.tree.set('/ip/pool', [pool.id], new Map([['ranges', '172.31.0.2-172.31.0.9']]));

    const planned = await cli.run('router', 'restore', 'rt-1', String(version));
    expect(planned.out).toContain('~ /ip/pool pool');
    expect(twin.tree.find('/ip/pool', pool.id)?.values.ranges).not.toBe(ranges);

    const done = await cli.run('router', 'restore', 'rt-1', String(version), '--apply');
    expect(done).toMatchObject({ code: 0 });
    expect(twin.tree.find('/ip/pool', pool.id)?.values.ranges).toBe(ranges);
    expect(done.out).not.toContain(SECRET);
  });

  it('refuses to restore what is older than we are, except as a file', async () => {
    expect(await cli.run('router', 'restore', 'rt-1', '1')).toMatchObject({ code: 2 });
    const file = join(directory, 'first.rsc');
    await cli.json('router', 'restore', 'rt-1', '1', '--file', file);
    expect(await readFile(file, 'utf8')).not.toContain('sw:');
  });
});

describe('a blank board', () => {
  it('that imports an export is configured the same, and lacks users and pages alone', async () => {
    const file = join(directory, 'blank.rsc');
    await cli.json('router', 'export', 'rt-1', '--file', file);
    const text = await readFile(file, 'utf8');
    const blank = livingRouter({ serial: 'PENGGANTI' });
    expect(await blank.script('/system/reset-configuration no-defaults=yes')).toBeNull();
    expect(blank.tree.rows('/ip/firewall/filter')).toEqual([]);
    blank.tree.writeFile('rt-1.rsc', await readFile(file));

    expect(await blank.script('/import file-name=rt-1.rsc')).toBeNull();

    const everything = { sensitive: true, verbose: false, terse: false };
    expect(normaliseExport(exportText(blank.tree, '', everything))).toBe(text);
    expect(blank.tree.rows('/user').map(({ values }) => values.name)).toEqual(['admin']);
  });
});

describe('upgrade', () => {
  it('is planned with a canary, listed, and taken back', async () => {
    expect(await cli.run('router', 'upgrade', '--all', '--version', 'x')).toMatchObject({
      code: 2,
    });
    expect(await cli.run('router', 'upgrade', 'rt-1', '--canary', 'rt-2')).toMatchObject({
      code: 2,
    });

    const started = await cli.json('router', 'upgrade', '--all', '--version', '7.20.8');
    expect(started).toMatchObject({ planned: 1, canary: 'rt-1', channel: 'stable' });
    expect(await cli.json('router', 'upgrades')).toMatchObject([
      { router: 'rt-1', wave: 0, phase: 'planned', target: '7.20.8' },
    ]);
    expect(await cli.json('router', 'upgrade-stop', 'rt-1')).toEqual({ stopped: 1 });
    expect(await cli.json('router', 'upgrades')).toEqual([]);
  });
});
