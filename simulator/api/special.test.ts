import { describe, expect, it } from 'vitest';
import { steppedClock } from '../../lib/clock.ts';
import { startTwin } from './test-twin.ts';

describe('files', () => {
  it('are written, listed and read in pieces, exact to the octet', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();
    const contents = `ü${'x'.repeat(40_000)}`;

    await peer.run('/file/add', '=name=sw/login.html', `=contents=${contents}`);
    const listed = await peer.run(
      '/file/print',
      '?name=sw/login.html',
      '=.proplist=name,type,size',
    );
    const shown = await peer.run('/file/print', '?name=sw/login.html', '=detail=');
    const first = await peer.run('/file/read', '=file=sw/login.html', '=chunk-size=1');
    const rest = await peer.run(
      '/file/read',
      '=file=sw/login.html',
      '=offset=2',
      '=chunk-size=32768',
    );

    expect(listed.rows).toEqual([{ name: 'sw/login.html', type: '.html file', size: '40002' }]);
    expect(shown.rows[0]?.contents).toBe(contents);
    // The first octet of ü alone is no UTF-8 and still comes as it is.
    expect(first.rows[0]?.data).toBe('\udcc3');
    expect(rest.rows[0]?.data).toBe('x'.repeat(32_768));
    expect((await peer.run('/file/read', '=file=none')).traps).toEqual(['failure: no such file']);
  });

  it('are refused by a full flash, exports and backups too, and what was there stays', async () => {
    await using twin = await startTwin({ board: 'hap-ac2' });
    const peer = await twin.client();
    await peer.run('/file/add', '=name=flash/a.txt', '=contents=lama');
    twin.tree.claim('packages', { disk: twin.tree.free().disk - 10 });
    const full = ['failure: not enough space'];

    const free = (await peer.run('/system/resource/print', '=.proplist=free-hdd-space')).rows;
    const answers = [
      await peer.run('/file/add', '=name=flash/b.txt', '=contents=01234567890'),
      await peer.run('/file/set', '=numbers=flash/a.txt', `=contents=${'x'.repeat(100)}`),
      await peer.run('/export', '=file=flash/c'),
      await peer.run('/system/backup/save', '=name=flash/d', '=dont-encrypt=yes'),
    ];
    const small = await peer.run('/file/add', '=name=flash/e.txt', '=contents=0123456789');

    expect(free).toEqual([{ 'free-hdd-space': '10' }]);
    expect(answers.map(({ traps }) => traps)).toEqual([full, full, full, full]);
    expect(small.traps).toEqual([]);
    expect(twin.tree.file('flash/a.txt')).toBe('lama');
  });

  it('are not fetched where the device mode forbids it', async () => {
    await using home = await startTwin({ deviceMode: 'home' });
    await using free = await startTwin();
    const fetch = ['/tool/fetch', '=url=http://a.example/b'];

    expect((await (await home.client()).run(...fetch)).traps).toEqual([
      'not allowed by device-mode',
    ]);
    expect((await (await free.client()).run(...fetch)).traps).toEqual(['failure: resolve failed']);
  });
});

describe('export', () => {
  it('writes what differs from the defaults as a script, without secrets', async () => {
    await using twin = await startTwin({ identity: 'desa 1' });
    const peer = await twin.client();
    await peer.run('/radius/add', '=service=hotspot', '=address=10.0.0.1', '=secret=rahasia');

    const answer = await peer.run('/export', '=file=all');
    await peer.run('/export', '=file=secrets', '=show-sensitive=');
    await peer.run('/ip/firewall/nat/export', '=file=nat');

    const script = twin.tree.file('all.rsc') ?? '';
    expect(answer.rows).toEqual([]);
    expect(script).toContain('/system identity\nset name="desa 1"\n');
    expect(script).toContain('/radius\nadd address=10.0.0.1 service=hotspot\n');
    expect(script).toMatch(/set \[ find default-name=wifi1 \] .*\\\n {4}/);
    expect(script).not.toContain('special dummy rule');
    expect(twin.tree.file('secrets.rsc')).toContain('secret=rahasia');
    expect(twin.tree.file('nat.rsc')).toContain('action=masquerade');
    expect(twin.tree.file('nat.rsc')).not.toContain('/radius');
  });
});

describe('backup', () => {
  it('brings the configuration back and reboots', async () => {
    const asked: string[] = [];
    await using twin = await startTwin({}, { onPower: (kind) => void asked.push(kind) });
    const peer = await twin.client();
    await peer.run('/system/backup/save', '=name=sw-prechange', '=dont-encrypt=yes');
    await peer.run('/system/identity/set', '=name=salah');
    await peer.run('/ip/pool/remove', '=numbers=default-dhcp');

    const wrong = await peer.run('/system/backup/load', '=name=sw-prechange', '=password=x');
    const right = await peer.run('/system/backup/load', '=name=sw-prechange', '=password=');

    expect(wrong.traps).toEqual(['failure: wrong password']);
    expect(right.traps).toEqual([]);
    expect(asked).toEqual(['reboot']);
    expect(twin.tree.single('/system/identity').name).toBe('MikroTik');
    expect(twin.tree.find('/ip/pool', 'default-dhcp')).toBeDefined();
  });
});

describe('device mode', () => {
  it('changes only when someone at the router confirms in time', async () => {
    const asked: string[] = [];
    const server = { onPower: (kind: string) => void asked.push(kind) };
    await using twin = await startTwin({ deviceMode: 'home' }, server);
    const peer = await twin.client();

    peer.send('/system/device-mode/update', '=mode=advanced', '=activation-timeout=1m', '.tag=u');
    await peer.next();
    const before = twin.tree.single('/system/device-mode').mode;
    const confirmed = twin.api.confirmDeviceMode();

    expect(before).toBe('home');
    expect(confirmed).toBe(true);
    expect(twin.tree.single('/system/device-mode')).toMatchObject({
      mode: 'advanced',
      hotspot: 'true',
    });
    expect(asked).toEqual(['reboot']);
  });

  it('changes one feature alone when the power is taken, and not when it goes by itself', async () => {
    await using twin = await startTwin({ deviceMode: 'home' });
    const peer = await twin.client();
    const update = ['/system/device-mode/update', '=hotspot=yes', '=fetch=yes'];

    peer.send(...update, '.tag=a');
    await peer.next();
    const waiting = twin.tree.single('/system/device-mode')['attempt-count'];
    twin.api.powerLost();
    const after = twin.tree.single('/system/device-mode');
    twin.api.powerLost();

    expect(waiting).toBe('1');
    expect(after).toMatchObject({
      mode: 'home',
      hotspot: 'true',
      fetch: 'true',
      scheduler: 'false',
      'attempt-count': '0',
    });
    expect(twin.tree.single('/system/device-mode')).toBe(after);
    expect((await peer.run(update[0]!, '=wings=yes')).traps).toEqual(['unknown parameter wings']);
    expect((await peer.run(update[0]!)).traps).toEqual(['missing =mode=']);
  });

  it('is not changed by a power cut that comes too late', async () => {
    const clock = steppedClock();
    await using twin = await startTwin({ deviceMode: 'home' }, { clock });
    const peer = await twin.client();
    peer.send('/system/device-mode/update', '=mode=advanced', '=activation-timeout=1m', '.tag=u');
    await peer.next();

    clock.advance(60_001);
    const trap = await peer.next();
    twin.api.powerLost();

    expect(trap?.[0]).toBe('!trap');
    expect(twin.tree.single('/system/device-mode').mode).toBe('home');
  });

  it('forgets a change that was cancelled', async () => {
    await using twin = await startTwin({ deviceMode: 'home' });
    const peer = await twin.client();
    peer.send('/system/device-mode/update', '=mode=advanced', '.tag=u');
    await peer.next();

    peer.send('/cancel', '=tag=u');
    await peer.next();

    expect(twin.api.confirmDeviceMode()).toBe(false);
  });
});

describe('log', () => {
  it('remembers logins, failures and what clients write', async () => {
    await using twin = await startTwin();
    await (await twin.stranger()).run('/login', '=name=admin', '=password=salah');
    const peer = await twin.client();

    await peer.run('/log/info', '=message=halo');

    const { rows } = await peer.run('/log/print', '=.proplist=topics,message');
    expect(rows).toEqual([
      {
        topics: 'system,error,critical',
        message: 'login failure for user admin from 127.0.0.1 via api',
      },
      { topics: 'system,info,account', message: 'user admin logged in from 127.0.0.1 via api' },
      { topics: 'script,info', message: 'halo' },
    ]);
  });
});

describe('verbs', () => {
  it.each<[string[], string]>([
    [['/ip/nowhere/print'], 'no such command prefix'],
    [['/ip/pool/explode'], 'no such command'],
    [['/ip/hotspot/active/add'], 'no such command'],
    [['/ip/pool/move', '=numbers=*1'], 'no such command'],
    [['/ip/pool/print', '=where=x'], 'unknown parameter where'],
    [['/system/identity/print', '=detail='], 'unknown parameter detail'],
    [['/queue/type/print', '=stats='], 'unknown parameter stats'],
    [['/ip/pool/set', '=name=x'], 'missing =.id='],
    [['/ip/pool/set', '=.id=*99', '=name=x'], 'no such item'],
    [['/ip/pool/remove', '=numbers=nothing'], 'no such item'],
    [['/ip/pool/remove', '=.id=*1', '=force=yes'], 'unknown parameter force'],
    [
      ['/ip/pool/add', '=name=p', '=ranges=10.0.0.1', '=place-before=*1'],
      'unknown parameter place-before',
    ],
    [['/interface/wifi/remove', '=numbers=wifi1'], 'failure: not allowed to remove'],
    [['/system/resource/set', '=uptime=1s'], 'no such command'],
    [['/ip/service/add', '=name=x'], 'no such command'],
    [['/ip/pool/print', 'nonsense'], 'unknown word nonsense'],
  ])('%j: %s', async (words, text) => {
    await using twin = await startTwin();
    const peer = await twin.client();

    expect((await peer.run(...words)).traps).toEqual([text]);
  });

  it('take names, several ids, unset words and comments', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();
    const { ret: a } = await peer.run('/ip/pool/add', '=name=a', '=ranges=10.0.0.1');
    await peer.run('/ip/pool/add', '=name=b', '=ranges=10.0.0.2', '=comment=x');
    const { ret: rule } = await peer.run(
      '/ip/firewall/nat/add',
      '=chain=srcnat',
      '=src-address=10.0.0.0/8',
      '=protocol=tcp',
    );

    await peer.run('/ip/pool/comment', `=numbers=${a},b`, '=comment=kolam');
    await peer.run('/ip/firewall/nat/unset', `=.id=${rule}`, '=value-name=protocol');
    await peer.run('/ip/firewall/nat/set', `=.id=${rule}`, '=!src-address=');
    await peer.run('/ip/firewall/nat/disable', `=numbers=${rule}`);

    const pools = await peer.run('/ip/pool/print', '?comment=kolam', '=.proplist=name');
    expect(pools.rows).toEqual([{ name: 'a' }, { name: 'b' }]);
    const row = (await peer.run('/ip/firewall/nat/print', `?.id=${rule}`)).rows[0];
    expect(row).toMatchObject({ chain: 'srcnat', disabled: 'true' });
    expect(row).not.toHaveProperty('protocol');
    expect(row).not.toHaveProperty('src-address');
    expect((await peer.run('/ip/pool/get', '=number=a', '=value-name=ranges')).ret).toBe(
      '10.0.0.1',
    );
    expect((await peer.run('/ip/pool/find', '?name=a')).ret).toBe(a);
  });
});
