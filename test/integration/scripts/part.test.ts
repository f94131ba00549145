/** `part` as operators type it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cli, cliIn } from './cli.fixture.ts';

const KANTOR = `rows:
  - menu: /ip/hotspot/ip-binding
    key: printer
    values: { mac-address: 'AA:BB:CC:00:00:01', type: bypassed }
  - menu: /ip/firewall/filter
    key: smtp
    values: { action: drop, protocol: tcp, dst-port: 25 }
`;
const REGENCY = ['--regency', '16.06'];

let directory = '';
let cli: Cli;
const file = async (text: string): Promise<string[]> => {
  const path = join(directory, 'part.yaml');
  await writeFile(path, text);
  return ['--file', path];
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-part-'));
  cli = cliIn(directory);
  await writeFile(
    join(directory, 'v.csv'),
    'code,village,district\n16.06.01.2001,Teladan,Sekayu\n',
  );
  await cli.json('village', 'import', '--csv', join(directory, 'v.csv'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('part', () => {
  it('is kept, listed, audited, and taken away', async () => {
    await cli.json('part', 'set', 'kantor', ...(await file(KANTOR)), ...REGENCY);

    expect(await cli.json('part', 'list')).toMatchObject([
      {
        name: 'kantor',
        level: 'regency',
        rows: [{ key: 'printer' }, { key: 'smtp', values: { 'dst-port': '25' } }],
      },
    ]);
    expect(JSON.stringify(await cli.json('audit', 'list'))).toContain('part.set');

    await cli.json('part', 'unset', 'kantor', ...REGENCY);
    expect(await cli.json('part', 'list')).toEqual([]);
    expect(await cli.run('part', 'unset', 'kantor', ...REGENCY)).toMatchObject({ code: 2 });
  });

  it.each([
    [
      'accepts',
      KANTOR.replace('action: drop', 'action: accept'),
      1,
      'action must be drop or reject',
    ],
    ['is no YAML', 'rows: [', 2, 'no YAML'],
    ['unfolds itself', 'rows: &a [*a]', 2, 'no YAML'],
    [
      'lets phones reach any village LAN before they log in',
      'rows: [{ menu: /ip/hotspot/walled-garden/ip, key: a, values: { action: accept, dst-address: 172.16.8.1 } }]',
      1,
      'lies in a network of ours',
    ],
  ])('is refused when it %s', async (_what, text, code, message) => {
    const said = await cli.run('part', 'set', 'kantor', ...(await file(text)), ...REGENCY);

    expect(said).toMatchObject({ code, err: expect.stringContaining(message) });
    expect(await cli.json('part', 'list')).toEqual([]);
  });
});
