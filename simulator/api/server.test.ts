import { describe, expect, it } from 'vitest';
import { challengeResponse } from './login.ts';
import { attributesOf } from './test-client.ts';
import { ADMIN, startTwin } from './test-twin.ts';

describe('login', () => {
  it('opens with name and password and refuses a wrong one without closing', async () => {
    await using twin = await startTwin();
    const peer = await twin.stranger();

    const wrong = await peer.run('/login', '=name=admin', '=password=salah');
    const right = await peer.run('/login', '=name=admin', '=password=rahasia');

    expect(wrong.traps).toEqual(['invalid user name or password (6)']);
    expect(right.traps).toEqual([]);
  });

  it('answers the challenge of before 6.43', async () => {
    await using twin = await startTwin();
    const peer = await twin.stranger();
    const { ret = '' } = await peer.run('/login');

    const response = challengeResponse(ADMIN.password, Buffer.from(ret, 'hex'));
    const answer = await peer.run('/login', '=name=admin', `=response=${response}`);

    expect(ret).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.traps).toEqual([]);
  });

  it('hashes the published vector of the challenge', () => {
    const challenge = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

    expect(challengeResponse('pw', challenge)).toBe('008e656b13eedbb868d58fddcb551be7bd');
  });

  it('ends a connection that sends a command first', async () => {
    await using twin = await startTwin();
    const peer = await twin.stranger();

    peer.send('/system/identity/print');

    expect(await peer.next()).toEqual(['!fatal', 'not logged in']);
    expect(await peer.next()).toBeNull();
  });

  it('drops a stranger whose sentence is longer than a login', async () => {
    await using twin = await startTwin();
    const peer = await twin.stranger();

    peer.send('/login', `=name=${'x'.repeat(5000)}`);

    expect(await peer.next()).toBeNull();
  });

  it('says goodbye on /quit', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();

    peer.send('/quit');

    expect(await peer.next()).toEqual(['!fatal', 'session terminated on request']);
    expect(await peer.next()).toBeNull();
  });

  it('takes a new user with its own password, from its own address only', async () => {
    await using twin = await startTwin();
    const admin = await twin.client();
    await admin.run(
      '/user/add',
      '=name=sw-ctl',
      '=group=full',
      '=password=kata',
      '=address=127.0.0.9',
    );

    const rows = (await admin.run('/user/print', '?name=sw-ctl')).rows;

    expect(rows[0]).toMatchObject({ name: 'sw-ctl', address: '127.0.0.9/32' });
    expect(rows[0]).not.toHaveProperty('password');
    await expect(twin.client({ name: 'sw-ctl', password: 'kata' }, '127.0.0.8')).rejects.toThrow(
      'invalid user name or password (6)',
    );
    await expect(
      twin.client({ name: 'sw-ctl', password: 'kata' }, '127.0.0.9'),
    ).resolves.toBeDefined();
  });

  it('closes on a source outside the service address, and when the house is full', async () => {
    await using twin = await startTwin();
    const admin = await twin.client();
    const service = (await admin.run('/ip/service/print', '?name=api', '?dynamic=false')).rows[0]!;
    await admin.run(
      '/ip/service/set',
      `=.id=${service['.id']}`,
      '=address=127.0.0.1/32',
      '=max-sessions=2',
    );

    await twin.client();

    expect(await (await twin.stranger('127.0.0.2')).next()).toBeNull();
    expect(await (await twin.stranger()).next()).toBeNull();
  });
});

describe('print', () => {
  it('gives one row of a singleton without an id', async () => {
    await using twin = await startTwin({ identity: 'desa-1' });
    const peer = await twin.client();

    const { rows } = await peer.run('/system/identity/print');

    expect(rows).toEqual([{ name: 'desa-1' }]);
  });

  it('puts the tag right after the sign and takes it from any place', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();

    peer.send('/system/identity/print', '.tag=a7', '=.proplist=name');

    expect(await peer.next()).toEqual(['!re', '.tag=a7', '=name=MikroTik']);
    expect(await peer.next()).toEqual(['!done', '.tag=a7']);
  });

  it.each([
    ['7.20.8', true],
    ['7.16.2', false],
  ])('marks an empty answer as version %s does', async (version, empty) => {
    await using twin = await startTwin({ version });
    const peer = await twin.client();

    const answer = await peer.run('/ip/hotspot/print');

    expect(answer).toMatchObject({ rows: [], empty });
  });

  it('counts, selects and restricts', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();

    const count = await peer.run('/ip/firewall/filter/print', '=count-only=', '?chain=forward');
    const chosen = await peer.run(
      '/ip/firewall/filter/print',
      '=.proplist=.id,action,connection-nat-state',
      '?action=fasttrack-connection',
    );

    expect(count.ret).toBe('7');
    expect(chosen.rows).toEqual([
      { '.id': expect.stringMatching(/^\*/), action: 'fasttrack-connection' },
    ]);
  });

  it('hides secrets from a group without the right to see them', async () => {
    await using twin = await startTwin();
    const admin = await twin.client();
    await admin.run('/radius/add', '=service=hotspot', '=address=10.0.0.1', '=secret=rahasia-nas');
    await admin.run('/user/group/add', '=name=mata', '=policy=read,api');
    await admin.run('/user/add', '=name=mata', '=group=mata', '=password=x');
    const reader = await twin.client({ name: 'mata', password: 'x' });

    const seen = (await reader.run('/radius/print')).rows[0];
    const write = await reader.run('/system/identity/set', '=name=x');

    expect(seen?.secret).toBe('*****');
    expect((await admin.run('/radius/print')).rows[0]?.secret).toBe('rahasia-nas');
    expect(write.traps).toEqual(['not enough permissions (9)']);
  });

  it('shows live values and the connections that the API service holds', async () => {
    await using twin = await startTwin();
    const { tree } = twin;
    const octets = (name = ''): string => (name === 'ether1' ? '42' : '0');
    tree.setLive('/interface', ({ values }) => ({ 'rx-byte': octets(values.name) }));
    const peer = await twin.client();

    const { rows } = await peer.run('/interface/print', '?name=ether1', '=.proplist=rx-byte,type');
    const services = await peer.run('/ip/service/print', '?name=api');
    const active = await peer.run('/user/active/print');

    expect(rows).toEqual([{ 'rx-byte': '42', type: 'ether' }]);
    expect(services.rows.map((row) => row.dynamic)).toEqual(['false', 'true']);
    expect(active.rows).toMatchObject([{ name: 'admin', via: 'api', address: '127.0.0.1' }]);
  });

  it('repeats with a section number until it is cancelled', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();

    peer.send('/system/identity/print', '=interval=10ms', '.tag=1');
    const first = await peer.next();
    const second = await peer.next();
    peer.send('/cancel', '=tag=1', '.tag=2');

    expect([first, second].map((words) => attributesOf(words!)['.section'])).toEqual(['0', '1']);
    const rest: (readonly string[] | null)[] = [];
    while (rest.at(-1)?.join() !== '!done,.tag=1') rest.push(await peer.next());
    expect(rest.filter((words) => words?.[0] !== '!re')).toEqual([
      ['!trap', '.tag=1', '=category=2', '=message=interrupted'],
      ['!done', '.tag=2'],
      ['!done', '.tag=1'],
    ]);
  });
});

describe('changes', () => {
  it('listens to rows that come, change and go', async () => {
    await using twin = await startTwin();
    const watcher = await twin.client();
    const writer = await twin.client();
    watcher.send('/ip/pool/listen', '.tag=l');

    const { ret } = await writer.run('/ip/pool/add', '=name=p', '=ranges=10.0.0.1-10.0.0.9');
    await writer.run('/ip/pool/set', `=.id=${ret}`, '=ranges=10.0.0.1-10.0.0.8');
    await writer.run('/ip/pool/remove', `=.id=${ret}`);

    const seen = [await watcher.next(), await watcher.next(), await watcher.next()];
    expect(seen.map((words) => attributesOf(words!))).toMatchObject([
      { '.id': ret, ranges: '10.0.0.1-10.0.0.9' },
      { '.id': ret, ranges: '10.0.0.1-10.0.0.8' },
      { '.id': ret, '.dead': 'true' },
    ]);
  });

  it('rolls back what safe mode holds when its session ends, and keeps what was released', async () => {
    await using twin = await startTwin();
    const { tree } = twin;
    const careful = await twin.client();
    await careful.run('/safe-mode/take');
    await careful.run('/system/identity/set', '=name=salah');
    await careful.run('/ip/pool/add', '=name=p', '=ranges=10.0.0.1');
    const during = (await careful.run('/safe-mode/print')).rows[0];
    const released = await twin.client();
    const seen = (await released.run('/safe-mode/print')).rows[0];
    const refused = await released.run('/safe-mode/take');

    await careful[Symbol.asyncDispose]();
    const second = await twin.client();
    await second.run('/safe-mode/take');
    await second.run('/system/note/set', '=note=tetap');
    await second.run('/safe-mode/release');
    await second[Symbol.asyncDispose]();

    expect(during).toMatchObject({ enabled: 'true', current: 'true', user: 'admin' });
    expect(seen).toMatchObject({ enabled: 'true', current: 'false', user: 'admin' });
    expect(refused.traps).toEqual(['failure: safe mode is already taken']);
    expect(tree.single('/system/identity').name).toBe('MikroTik');
    expect(tree.find('/ip/pool', 'p')).toBeUndefined();
    expect(tree.single('/system/note').note).toBe('tetap');
  });

  it('leaves safe mode silently after more than a hundred actions', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();
    await peer.run('/safe-mode/take');
    for (let action = 0; action <= 100; action += 1) {
      await peer.run('/system/identity/set', `=name=r${action}`);
    }

    const enabled = (await peer.run('/safe-mode/print')).rows[0]?.enabled;
    await peer[Symbol.asyncDispose]();

    expect(enabled).toBe('false');
    expect(twin.tree.single('/system/identity').name).toBe('r100');
  });

  it('ends a session whose row in /user/active is removed', async () => {
    await using twin = await startTwin();
    const victim = await twin.client();
    twin.tree.remove('/user/active', [twin.tree.rows('/user/active')[0]!.id]);

    expect(await victim.next()).toBeNull();
  });

  it('lets nobody in while the service is disabled', async () => {
    await using twin = await startTwin();
    const admin = await twin.client();
    await admin.run('/ip/service/set', '=numbers=api', '=disabled=yes');

    expect(await (await twin.stranger()).next()).toBeNull();
    expect((await admin.run('/system/identity/print')).rows).toHaveLength(1);
  });

  it('has no safe mode before 7.18', async () => {
    await using twin = await startTwin({ version: '7.16.2' });
    const peer = await twin.client();

    expect((await peer.run('/safe-mode/take')).traps).toEqual(['no such command prefix']);
  });

  it('answers the menus of an absent package with two traps', async () => {
    await using twin = await startTwin({ board: 'hap-lite' });
    const peer = await twin.client();

    const answer = await peer.run('/interface/wifi/print');

    expect(answer.traps).toEqual(['no such command or directory (wifi)', 'no such command prefix']);
    expect((await peer.run('/interface/wireless/print')).rows).toHaveLength(1);
  });

  it('hands reboot and shutdown to the twin', async () => {
    const asked: string[] = [];
    await using twin = await startTwin({}, { onPower: (kind) => void asked.push(kind) });
    const peer = await twin.client();

    await peer.run('/system/reboot');
    await peer.run('/system/shutdown');

    expect(asked).toEqual(['reboot', 'shutdown']);
  });
});
