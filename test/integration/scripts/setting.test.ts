/** `setting` as operators type it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cli, cliIn } from './cli.fixture.ts';

let directory = '';
let cli: Cli;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-setting-'));
  cli = cliIn(directory);
  await writeFile(
    join(directory, 'v.csv'),
    'code,village,district\n16.06.01.2001,Teladan,Sekayu\n16.06.01.2002,Lain,Sekayu\n',
  );
  await writeFile(join(directory, 'pw'), 'kata sandi\n');
  await cli.json('village', 'import', '--csv', join(directory, 'v.csv'));
  await cli.json('router', 'add', 'rt-1', '--village', '16.06.01.2001', '--address', '10.9.0.1');
});
afterAll(() => rm(directory, { recursive: true }));

describe('setting', () => {
  it('is inherited from regency to router, and explain says from where', async () => {
    await cli.json('setting', 'set', 'link.rtt-ms', '600', '--regency', '16.06');
    await cli.json('setting', 'set', 'link.rtt-ms', '300', '--district', '16.06.01');
    await cli.json('setting', 'set', 'link.rtt-ms', '40', '--router', 'rt-1');
    const of = async (...place: string[]) => {
      const [said] = await cli.json('setting', 'explain', 'link.rtt-ms', ...place);
      return [said.value, said.from, said.overridden.length];
    };

    expect(await of('--router', 'rt-1')).toEqual(['40', 'router', 2]);
    expect(await of('--village', '16.06.01.2002')).toEqual(['300', 'district', 1]);
    expect(await of('--regency', '16.06')).toEqual(['600', 'regency', 0]);

    await cli.json('setting', 'unset', 'link.rtt-ms', '--router', 'rt-1');
    expect(await of('--router', 'rt-1')).toEqual(['300', 'district', 1]);
    expect((await cli.run('setting', 'explain', '--router', 'rt-1')).out).toContain(
      'district 16.06.01',
    );
  });

  it('never shows a secret, neither in lists nor in the audit', async () => {
    const place = ['--village', '16.06.01.2001'];
    await cli.json(
      'setting',
      'set',
      'wan.pppoe-password',
      '--file',
      join(directory, 'pw'),
      ...place,
    );

    const said = JSON.stringify([
      await cli.json('setting', 'list'),
      await cli.json('setting', 'explain', ...place),
      await cli.json('audit', 'list'),
      (await cli.run('setting', 'list')).out,
    ]);
    expect(said).not.toContain('kata sandi');
    expect(said).toContain('(sealed)');
  });

  it('says what else the kind of a link needs', async () => {
    const place = ['--village', '16.06.01.2002'];
    const said = await cli.run('setting', 'set', 'wan.kind', 'pppoe', ...place);
    const user = await cli.json('setting', 'set', 'wan.pppoe-user', 'desa', ...place);

    expect(said.out).toContain('still needed: wan.pppoe-user, wan.pppoe-password');
    expect(user.needed).toEqual(['wan.pppoe-password']);
  });

  it('is audited', async () => {
    const entries = await cli.json('audit', 'list');

    expect(entries.map((entry: { action: string }) => entry.action)).toContain('setting.unset');
    expect(JSON.stringify(entries)).toContain('link.rtt-ms=600');
  });

  it.each([
    [['set', 'link.rtt-ms', '0', '--regency', '16.06'], 1, 'from 1 to 3000'],
    [['set', 'link.colour', 'red', '--regency', '16.06'], 1, 'no setting link.colour'],
    [['set', 'link.rtt-ms', '--regency', '16.06'], 2, 'its value is missing'],
    [['set', 'link.rtt-ms', '5', '--regency', '99.99'], 2, 'there is no regency'],
    [['set', 'link.rtt-ms', '5', '--router', 'nobody'], 2, 'there is no router'],
    [['set', 'link.rtt-ms', '5'], 2, '--router NAME'],
    [['set', 'link.rtt-ms', '5', '--router', 'rt-1', '--regency', '16.06'], 2, 'give one of'],
    [['unset', 'wan.vlan', '--regency', '16.06'], 2, 'has no wan.vlan of its own'],
    [['explain', 'link.colour', '--regency', '16.06'], 2, 'no setting link.colour'],
  ])('refuses %j', async (args, code, message) => {
    const said = await cli.run('setting', ...args);

    expect(said).toMatchObject({ code, err: expect.stringContaining(message) });
  });

  it('lists all there is to set, with units and ranges', async () => {
    const known = await cli.run('setting', 'list', '--known');

    expect(known.out).toContain('a number of kbps from 64 to 10000000');
    expect(known.out).toContain('wan2.pppoe-password');
  });
});
