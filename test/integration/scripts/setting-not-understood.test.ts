/** What `setting` shows of values that an earlier version took and this one does not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import { openStore } from '../../../store/open.ts';
import type { SettingLevel } from '../../../store/types.ts';
import { type Cli, cliIn } from './cli.fixture.ts';

const VILLAGE = '16.06.01.2001';
let directory = '';
let cli: Cli;

/** Past the check that `setting set` makes, as another version has left it. */
async function left(level: SettingLevel, code: string, name: string, value: string) {
  const { store } = await openStore(loadConfig({ cwd: directory }));
  await using _closed = store;
  await store.setSetting({ level, code, name, value, secret: false, at: 0 });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-setting-'));
  cli = cliIn(directory);
  const csv = join(directory, 'v.csv');
  await writeFile(csv, `code,village,district\n${VILLAGE},Teladan,Sekayu\n`);
  await writeFile(join(directory, 'pw'), 'kata sandi\n');
  await cli.json('village', 'import', '--csv', csv);
  await cli.json('setting', 'set', 'portal.accent', '#1d4ed8', '--regency', '16.06');
  await left('village', VILLAGE, 'portal.accent', 'hijau tua');
  await left('village', VILLAGE, 'link.rtt-ms', 'lambat');
  await left('district', '16.06.01', 'portal.colour', 'red');
});
afterAll(() => rm(directory, { recursive: true }));

describe('a value that is not understood', () => {
  it('is marked in the list, whichever of name and value it is', async () => {
    const rows = await cli.json('setting', 'list');
    const { out } = await cli.run('setting', 'list');

    expect(
      Object.fromEntries(
        rows.map((row: { level: string; name: string; understood: boolean }) => [
          `${row.level} ${row.name}`,
          row.understood,
        ]),
      ),
    ).toEqual({
      'regency portal.accent': true,
      'village portal.accent': false,
      'village link.rtt-ms': false,
      'district portal.colour': false,
    });
    expect(out).toMatch(/portal\.accent +village .*hijau tua \(not understood\)/);
    expect(out).toMatch(/portal\.colour +district .*red \(not understood\)/);
    expect(out).not.toMatch(/#1d4ed8 \(not understood\)/);
  });

  it('of a page leaves the wider level, and explain says both', async () => {
    const [said] = await cli.json('setting', 'explain', 'portal.accent', '--village', VILLAGE);
    const { out } = await cli.run('setting', 'explain', 'portal.accent', '--village', VILLAGE);

    expect(said).toMatchObject({ value: '#1d4ed8', from: 'regency', overridden: [] });
    expect(said.notUnderstood).toMatchObject([{ level: 'village', value: 'hijau tua' }]);
    expect(out).toMatch(/#1d4ed8 +regency 16\.06 .*hijau tua of village 16\.06\.01\.2001/);
  });

  it('of a router is what holds, for nothing is configured by a guess', async () => {
    const [said] = await cli.json('setting', 'explain', 'link.rtt-ms', '--village', VILLAGE);
    const set = ['setting', 'set', 'wan.kind', 'dhcp', '--village', VILLAGE] as const;
    const [document, text] = [await cli.json(...set), await cli.run(...set)];

    expect(said).toMatchObject({ value: 'lambat', from: 'village' });
    expect(said.notUnderstood).toHaveLength(1);
    expect(document).toMatchObject({
      value: 'dhcp',
      refused: expect.stringContaining('link.rtt-ms'),
    });
    expect(text).toMatchObject({
      code: 0,
      out: expect.stringContaining('until this is mended: link.rtt-ms must be a number of ms'),
    });
  });

  it('goes with unset, also under a name that is no setting', async () => {
    await cli.json('setting', 'unset', 'portal.colour', '--district', '16.06.01');
    await cli.json('setting', 'unset', 'portal.accent', '--village', VILLAGE);

    const { out } = await cli.run('setting', 'list');
    expect(out).not.toContain('portal.colour');
    expect(out).not.toContain('hijau tua');
  });

  it('is never said of a secret, which nobody can read here', async () => {
    const file = join(directory, 'pw');
    await cli.json('setting', 'set', 'wan.pppoe-password', '--file', file, '--village', VILLAGE);

    const [said] = await cli.json('setting', 'explain', 'wan.pppoe-password', '--village', VILLAGE);
    const row = (await cli.json('setting', 'list')).find(
      ({ name }: { name: string }) => name === 'wan.pppoe-password',
    );

    expect(said).toMatchObject({ value: '(sealed)', notUnderstood: [] });
    expect(row).toMatchObject({ value: null, understood: true });
  });
});
