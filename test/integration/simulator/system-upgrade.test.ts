import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { livingRouter } from '../../../simulator/system/test-system.ts';
import { fastTwin } from './system-fixture.ts';

describe('an upgrade over the API', () => {
  it('takes two restarts: RouterOS, then the boot loader', async () => {
    await using fast = await fastTwin(
      { version: '7.16.2' },
      { releases: () => ({ stable: '7.20.8' }) },
    );
    const old = await fast.client();
    const found = await old.run('/system/package/update/check-for-updates');
    old.send('/system/package/update/install');
    await fast.until(() => fast.tree.version === '7.20.8');
    await fast.until(async () => (await fast.client().catch(() => null)) !== null);
    const client = await fast.client();
    const safeMode = await client.run('/safe-mode/take');
    await client.run('/safe-mode/release');
    const board = (await client.run('/system/routerboard/print')).rows[0];
    const empty = await client.run('/ip/route/print', '?comment=none');

    await client.run('/system/routerboard/upgrade');
    client.send('/system/reboot');
    const firmware = (): string | undefined =>
      fast.tree.single('/system/routerboard')['current-firmware'];
    await fast.until(() => firmware() === '7.20.8');

    expect(found.rows.at(-1)).toMatchObject({ status: 'New version is available' });
    expect(safeMode.traps).toEqual([]);
    expect(board).toMatchObject({ 'current-firmware': '7.16.2', 'upgrade-firmware': '7.20.8' });
    // From 7.18 on an empty answer says so.
    expect(empty.empty).toBe(true);
  });
});

describe('a reset', () => {
  it.each(['no-defaults', 'defaults'])(
    'to %s leaves ports, radios and modem where they are',
    async (kind) => {
      await using fast = await fastTwin({ modem: true });
      const client = await fast.client();
      const hardware = (): string[] =>
        ['/interface/ethernet', '/interface/wifi', '/interface/lte'].flatMap((path) =>
          fast.tree.rows(path).map(({ values }) => values['default-name'] ?? ''),
        );
      const before = hardware();
      await client.run('/system/identity/set', '=name=desa');

      const answer = kind === 'defaults' ? [] : ['=no-defaults=yes'];
      await client.run('/system/reset-configuration', ...answer);
      await fast.until(() => fast.tree.single('/system/identity').name === 'MikroTik');

      expect(hardware()).toEqual(before);
      expect(fast.tree.rows('/ip/pool')).toHaveLength(kind === 'defaults' ? 1 : 0);
      expect(fast.tree.single('/system/routerboard')['serial-number']).toBe('HEZ0000TWIN');
    },
  );
});

const PUBLISHED = new URL('../../../../shared/data/routeros-schema.json', import.meta.url);
const present = existsSync(PUBLISHED);
if (!present) console.log('skipped: the published RouterOS schema is not at hand');

describe.skipIf(!present)('against the published schema', () => {
  it('every command that lives on the router is one of RouterOS', () => {
    const { paths } = JSON.parse(readFileSync(PUBLISHED, 'utf8')) as {
      paths: Record<string, { kind: string; commands?: Record<string, unknown> }>;
    };
    const commands = [...livingRouter().system.commands.keys()];
    const unknown = commands.filter((word) => {
      const folder = paths[word.slice(0, word.lastIndexOf('/'))];
      const verb = word.slice(word.lastIndexOf('/') + 1);
      return paths[word]?.kind !== 'cmd' && folder?.commands?.[verb] === undefined;
    });

    expect(commands.length).toBeGreaterThan(5);
    expect(unknown).toEqual([]);
  });
});
