import { describe, expect, it } from 'vitest';
import { fastTwin } from './system-fixture.ts';

const DEADMAN = '/system backup load name=sw-prechange password=""';
const POLICY = 'read,write,policy,test,reboot,password,sensitive';

describe('the dead-man of routers without safe mode', () => {
  it('brings back a router that its controller has locked itself out of', async () => {
    await using fast = await fastTwin({ version: '7.16.2' });
    const { tree } = fast;
    const before = await fast.client();
    await before.run('/system/backup/save', '=name=sw-prechange', '=dont-encrypt=yes');
    await before.run(
      '/system/scheduler/add',
      '=name=sw-rollback',
      '=interval=10m',
      `=on-event=${DEADMAN}`,
      `=policy=${POLICY}`,
    );
    const api = tree.find('/ip/service', 'api')!.id;

    await before.run('/ip/service/set', `=.id=${api}`, '=address=192.0.2.0/24');
    await before.run('/system/identity/set', '=name=salah');
    const locked = await fast.client().then(
      () => 'in',
      () => 'out',
    );
    await fast.until(() => tree.single('/system/identity').name === 'MikroTik');
    await fast.until(() => tree.rows('/system/scheduler').length === 0);
    const gone = await before.next();
    await fast.until(async () => (await fast.client().catch(() => null)) !== null);

    expect(locked).toBe('out');
    expect(gone).toBeNull();
    expect(tree.find('/ip/service', 'api')?.values.address).toBe('');
    expect(tree.file('sw-prechange.backup')).toBeDefined();
  });

  it('of the next start brings back a router that lost its power half way', async () => {
    await using fast = await fastTwin({ version: '7.16.2' }, { lostTimeMs: 86_400_000 });
    const { twin, tree } = fast;
    const before = await fast.client();
    await before.run('/system/backup/save', '=name=sw-prechange', '=dont-encrypt=yes');
    for (const [name, ...when] of [
      ['sw-rollback', '=interval=10m'],
      ['sw-rollback-boot', '=start-time=startup', '=interval=0s'],
    ]) {
      const words = [`=name=${name}`, ...when, `=on-event=${DEADMAN}`, `=policy=${POLICY}`];
      await before.run('/system/scheduler/add', ...words);
    }
    await before.run('/system/identity/set', '=name=separuh');

    await twin.powerCut();
    const half = tree.single('/system/identity').name;
    await twin.powerOn();
    await fast.until(() => tree.single('/system/identity').name === 'MikroTik');
    await fast.until(async () => (await fast.client().catch(() => null)) !== null);
    const start = fast.clock.now();
    await fast.until(() => fast.clock.now() > start + 60_000);
    const client = await fast.client();

    expect(half).toBe('separuh');
    // The clock stands a day back, and what was loaded knows of no schedule: it stays up.
    expect((await client.run('/system/scheduler/print')).rows).toEqual([]);
    expect((await client.run('/system/identity/print')).rows).toEqual([{ name: 'MikroTik' }]);
  });

  it('is disarmed by its removal', async () => {
    await using fast = await fastTwin({ version: '7.16.2' });
    const { tree, clock } = fast;
    const client = await fast.client();
    await client.run('/system/backup/save', '=name=sw-prechange', '=dont-encrypt=yes');
    const { ret = '' } = await client.run(
      '/system/scheduler/add',
      '=interval=1m',
      `=on-event=${DEADMAN}`,
    );
    await client.run('/system/identity/set', '=name=baru');

    await client.run('/system/scheduler/remove', `=.id=${ret}`);
    const start = clock.now();
    await fast.until(() => clock.now() > start + 180_000);

    expect((await client.run('/system/identity/print')).rows).toEqual([{ name: 'baru' }]);
    expect(tree.rows('/system/scheduler')).toEqual([]);
  });
});

describe('a router that was told to restart', () => {
  it('does nothing any more: neither the script that told it nor a client', async () => {
    await using fast = await fastTwin();
    const { tree } = fast;
    const [one, other] = [await fast.client(), await fast.client()];
    await one.run('/system/backup/save', '=name=a', '=dont-encrypt=yes');
    await one.run('/system/identity/set', '=name=baru');
    const source = '/system backup load name=a password=""; /system identity set name=skrip';
    await one.run('/system/script/add', '=name=kembali', `=source=${source}`);
    await one.run('/system/backup/save', '=name=b', '=dont-encrypt=yes');

    one.send('/system/script/run', '=number=kembali');
    await fast.until(() => tree.single('/system/identity').name !== 'baru');
    other.send('/system/identity/set', '=name=klien');
    const gone = await other.next();
    await fast.until(async () => (await fast.client().catch(() => null)) !== null);

    expect(gone).toBeNull();
    expect(tree.single('/system/identity').name).toBe('MikroTik');
  });
});

describe('scripts over the API', () => {
  it('run by name, answer with what stopped them, and are refused to those without rights', async () => {
    await using fast = await fastTwin();
    const client = await fast.client();
    await client.run('/system/script/add', '=name=baik', '=source=/system identity set name=skrip');
    await client.run('/system/script/add', '=name=buruk', '=source=/system identity st name=x');

    const good = await client.run('/system/script/run', '=number=baik');
    const bad = await client.run('/system/script/run', '=number=buruk');
    const none = await client.run('/system/script/run', '=number=tiada');

    expect(good.traps).toEqual([]);
    expect(fast.tree.single('/system/identity').name).toBe('skrip');
    expect(bad).toMatchObject({
      traps: ['bad command name st (line 1 column 18)'],
      category: '3',
    });
    expect(none.traps).toEqual(['no such item']);
  });
});

describe('export and import over the API', () => {
  it('brings a router back on an empty one: reset, import at boot, the same again', async () => {
    await using old = await fastTwin({ identity: 'desa-lama', serial: 'HEZ1' });
    const source = await old.client();
    await source.run('/radius/add', '=service=hotspot', '=address=10.0.0.1', '=secret=rahasia 1');
    await source.run('/export', '=file=semua', '=show-sensitive=');
    const script = await readFile(source, 'semua.rsc');

    await using young = await fastTwin({ serial: 'HEZ1' });
    const target = await young.client();
    await target.run('/file/add', '=name=semua.rsc', `=contents=${script}`);
    const reset = await target.run(
      '/system/reset-configuration',
      '=no-defaults=yes',
      '=keep-users=yes',
      '=run-after-reset=semua.rsc',
    );
    await young.until(() => young.tree.single('/system/identity').name === 'desa-lama');
    await young.twin.settled();
    const again = await young.client();
    await again.run('/export', '=file=kembali', '=show-sensitive=');

    const strip = (text: string): string => text.replace(/^# .*\n/, '');
    expect(reset.traps).toEqual([]);
    expect(script).toMatch(
      /^# \d{4}-\d\d-\d\d \d\d:\d\d:\d\d by RouterOS 7\.20\.8\n# software id = [0-9A-F]{4}-[0-9A-F]{4}\n#\n# model = C52iG-5HaxD2HaxD\n# serial number = HEZ1\n/,
    );
    expect(script).toContain('secret="rahasia 1"');
    expect(strip(await readFile(again, 'kembali.rsc'))).toBe(strip(script));
  });

  it('a file that can not be read changes nothing; one that is refused stops there', async () => {
    await using fast = await fastTwin();
    const client = await fast.client();
    const write = (name: string, text: string): Promise<unknown> =>
      client.run('/file/add', `=name=${name}`, `=contents=${text}`);
    await write('a.rsc', '/system identity set name=a\n/ip pool ad name=x');
    await write(
      'b.rsc',
      '/system identity set name=b\n/ip pool add name=x\n/system identity set name=c',
    );

    const unread = await client.run('/import', '=file-name=a.rsc');
    const name = fast.tree.single('/system/identity').name;
    const refused = await client.run('/import', '=file-name=b.rsc');
    const missing = await client.run('/import', '=file-name=c.rsc');

    expect(unread.traps).toEqual(['bad command name ad (line 2 column 10)']);
    expect(name).toBe('MikroTik');
    expect(refused.traps).toEqual(['missing =ranges=']);
    expect(fast.tree.single('/system/identity').name).toBe('b');
    expect(missing.traps).toEqual(['failure: cannot open import file c.rsc']);
  });
});

/** A file in pieces, as the controller reads it. */
async function readFile(
  client: {
    run(...words: string[]): Promise<{ rows: readonly Readonly<Record<string, string>>[] }>;
  },
  name: string,
): Promise<string> {
  let text = '';
  for (;;) {
    const { rows } = await client.run(
      '/file/read',
      `=file=${name}`,
      `=offset=${text.length}`,
      '=chunk-size=1000',
    );
    const piece = rows[0]?.data ?? '';
    if (piece === '') return text;
    text += piece;
  }
}
