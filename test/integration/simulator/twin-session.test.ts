import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { scaledClock } from '../../../lib/clock.ts';
import {
  ask,
  change,
  get,
  loggedIn,
  own,
  startVillage,
  startWeb,
  type Village,
} from '../../../simulator/hotspot/test-village.ts';
import { attr, type SeenPacket, STATUS, vsa } from '../../../simulator/nas/test-peer.ts';

const MIKROTIK = 14_988;
const BODY = 'x'.repeat(300_000);

/** A thousand seconds of the router in one of the machine. */
function fastClock() {
  return scaledClock({ realOriginMs: Date.now(), originMs: 1_790_000_000_000, factor: 1000 });
}

function accept(village: Village, ...attributes: Buffer[]): void {
  const granted = Buffer.concat(attributes);
  village.radius.decide = ({ code }) =>
    code === 1 ? { code: 2, attributes: granted } : { code: 5 };
}

const isStop = (p: SeenPacket): boolean => p.int(40) === STATUS.stop;
const CAUSE = {
  userRequest: 1,
  lostService: 3,
  idle: 4,
  sessionTimeout: 5,
  admin: 6,
  nasRequest: 10,
  reboot: 11,
};

describe('a session', () => {
  it('ends at its Session-Timeout, to the second', async () => {
    await using village = await startVillage({ clock: fastClock() });
    accept(village, attr(27, 120), attr(25, 'kelas'));
    await loggedIn(village);

    const stop = await village.radius.until(isStop);

    expect(stop.int(46)).toBe(120);
    expect(stop.int(49)).toBe(CAUSE.sessionTimeout);
    expect(stop.text(25)).toBe('kelas');
    expect(village.twin.sessions()).toMatchObject([{ cause: 'Session-Timeout', seconds: 120 }]);
  });

  it('ends when idle', async () => {
    await using village = await startVillage({ clock: fastClock() });
    accept(village, attr(28, 60));
    await loggedIn(village);

    const stop = await village.radius.until(isStop);

    expect([stop.int(46), stop.int(49)]).toEqual([60, CAUSE.idle]);
  });

  it('outlives a short absence of its phone, and no longer one', async () => {
    await using village = await startVillage({
      clock: fastClock(),
      prepare: (tree) =>
        change(
          tree,
          '/ip/hotspot/user/profile',
          { name: 'default' },
          { 'keepalive-timeout': '5m' },
        ),
    });
    const { twin, radius } = village;
    const mac = '02:00:00:00:00:01';
    const ip = await loggedIn(village, mac);

    twin.detach(mac);
    const back = twin.attach({ mac });
    const during = twin.sessions();
    twin.detach(mac);
    const stop = await radius.until(isStop);

    expect(back?.ip).toBe(ip);
    expect(during).toMatchObject([{ cause: null }]);
    expect(stop.int(49)).toBe(CAUSE.lostService);
    expect(twin.attach({ mac: '02:00:00:00:00:02' })?.ip).not.toBe(ip);
  });

  it('reports at Acct-Interim-Interval, with totals', async () => {
    await using village = await startVillage({ clock: fastClock() });
    accept(village, attr(85, 100));
    await using _web = await startWeb(village.place.wan, 8080, () => 'HTTP/1.1 200 OK\r\n\r\nisi');
    const ip = await loggedIn(village);
    const page = await ask(village.gateway, ip, get('http://8.8.8.8/'));

    const second = await village.radius.until(
      (p) => p.int(40) === STATUS.interim && (p.int(46) ?? 0) >= 200,
    );

    expect(second.int(42)).toBe(page.sent);
    expect(second.int(43)).toBe(page.received);
    expect(second.int(46)).toBeLessThan(300);
  });

  it('reports nothing when accounting is off, and no interim when its interval is none', async () => {
    await using village = await startVillage({
      prepare: (tree) =>
        change(tree, '/ip/hotspot/profile', { name: 'sw-prof' }, { 'radius-accounting': 'no' }),
    });
    const ip = await loggedIn(village);

    await ask(village.gateway, ip, own('/logout'));

    expect(village.radius.seen.map(({ code }) => code)).toEqual([1]);
  });

  it('stops at Total-Limit exactly, and all that was counted arrives', async () => {
    await using village = await startVillage();
    accept(village, vsa(MIKROTIK, 17, 100_001));
    await using _web = await startWeb(
      village.place.wan,
      8080,
      () => `HTTP/1.1 200 OK\r\n\r\n${BODY}`,
    );
    const ip = await loggedIn(village);

    const page = await ask(village.gateway, ip, get('http://8.8.8.8/'));
    const stop = await village.radius.until(isStop);
    const after = await ask(village.gateway, ip, get('http://8.8.8.8/'));

    expect(page.sent + page.received).toBe(100_001);
    expect(stop.int(42)).toBe(page.sent);
    expect(stop.int(43)).toBe(page.received);
    expect(stop.int(49)).toBe(CAUSE.nasRequest);
    expect(after.text).toContain('302 Hotspot login required');
  });

  it('cut off in the middle has counted what its phone sent and got, octet for octet', async () => {
    await using village = await startVillage();
    const begun = Promise.withResolvers<void>();
    const body = Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), Buffer.alloc(4_000_000)]);
    await using _web = await startWeb(village.place.wan, 8080, (_head, socket) => {
      socket.end(body);
      begun.resolve();
      return null;
    });
    const ip = await loggedIn(village);

    const pages = Promise.all(
      [1, 2, 3].map(() => ask(village.gateway, ip, get('http://8.8.8.8/'))),
    );
    await begun.promise;
    await village.radius.send(40, attr(1, 'warga'), village.place.router);
    const got = (await pages).filter(({ text }) => !text.includes('Hotspot login required'));
    const stop = await village.radius.until(isStop);

    expect(stop.int(42)).toBe(got.reduce((sum, { sent }) => sum + sent, 0));
    expect(stop.int(43)).toBe(got.reduce((sum, { received }) => sum + received, 0));
  });

  it('passes at Mikrotik-Rate-Limit', async () => {
    const clock = fastClock();
    await using village = await startVillage({ clock });
    accept(village, vsa(MIKROTIK, 8, '1M/8k'));
    await using _web = await startWeb(
      village.place.wan,
      8080,
      () => `HTTP/1.1 200 OK\r\n\r\n${BODY}`,
    );
    const ip = await loggedIn(village);
    const from = clock.now();

    const page = await ask(village.gateway, ip, get('http://8.8.8.8/'));
    const seconds = (clock.now() - from) / 1000;

    expect(page.received).toBeGreaterThan(300_000);
    // 300,000 octets at 8 kbit/s are 300 s.
    expect(seconds).toBeGreaterThan(299);
  });

  it('is neither counted nor shaped once fasttrack is on', async () => {
    await using village = await startVillage();
    accept(village, vsa(MIKROTIK, 17, 10_000), vsa(MIKROTIK, 8, '1k/1k'));
    const first = village.tree.rows('/ip/firewall/filter')[0]?.id ?? '';
    village.tree.add(
      '/ip/firewall/filter',
      new Map([
        ['chain', 'forward'],
        ['action', 'fasttrack-connection'],
        ['connection-state', 'established,related'],
      ]),
      { placeBefore: first },
    );
    await using _web = await startWeb(
      village.place.wan,
      8080,
      () => `HTTP/1.1 200 OK\r\n\r\n${BODY}`,
    );
    const ip = await loggedIn(village);

    const page = await ask(village.gateway, ip, get('http://8.8.8.8/'));
    const [session] = village.twin.sessions();

    expect(page.received).toBeGreaterThan(300_000);
    expect(session?.cause).toBeNull();
    expect((session?.inputOctets ?? 0) + (session?.outputOctets ?? 0)).toBe(4096);
  });

  it('ends on a Disconnect-Request that names it; a second one is told 503', async () => {
    await using village = await startVillage();
    const { twin, radius, place } = village;
    await loggedIn(village);
    const keys = Buffer.concat([attr(1, 'warga'), attr(44, '80000001')]);

    const ack = await radius.send(40, keys, place.router);
    const nak = await radius.send(40, Buffer.concat([keys, attr(33, 'x')]), place.router);
    const stop = await radius.until(isStop);

    expect(ack?.code).toBe(41);
    expect([nak?.code, nak?.int(101)]).toEqual([42, 503]);
    expect(stop.int(49)).toBe(CAUSE.admin);
    expect(twin.sessions()).toMatchObject([{ cause: 'Admin-Reset' }]);
  });

  it('ends for nobody who lacks the secret, the address or the way in', async () => {
    await using village = await startVillage();
    const { twin, radius, place, tree } = village;
    await loggedIn(village);
    radius.secret = 'guess';

    const forged = await radius.send(40, attr(1, 'warga'), place.router);
    radius.secret = 'a-secret-of-the-village';
    change(
      tree,
      '/ip/firewall/filter',
      { chain: 'input', 'in-interface-list': 'sw-MGMT' },
      { disabled: 'yes' },
    );
    const walled = await radius.send(40, attr(1, 'warga'), place.router);
    change(tree, '/radius', {}, { address: '127.9.9.7' });
    const stranger = await radius.send(40, attr(1, 'warga'), place.router);

    expect([forged, walled, stranger]).toEqual([null, null, null]);
    expect(twin.sessions()).toMatchObject([{ cause: null }]);
    expect(twin.counters.acknowledged).toBe(0);
  });

  it('takes new limits from a CoA-Request', async () => {
    await using village = await startVillage({ clock: fastClock() });
    await loggedIn(village);
    const limits = Buffer.concat([attr(44, '80000001'), attr(27, 60)]);

    const ack = await village.radius.send(43, limits, village.place.router);
    const stop = await village.radius.until(isStop);

    expect(ack?.code).toBe(44);
    expect(stop.int(46)).toBe(60);
  });

  it('shows among the active ones, and ends when its row is removed', async () => {
    await using village = await startVillage();
    const { tree, twin } = village;
    const ip = await loggedIn(village);
    await new Promise((resolve) => setImmediate(resolve));
    const [row] = tree.rows('/ip/hotspot/active');
    const printed = tree.printed('/ip/hotspot/active', row!);

    tree.remove('/ip/hotspot/active', [row!.id]);

    expect(printed).toMatchObject({ user: 'warga', address: ip, 'bytes-in': '0', uptime: '0s' });
    expect(tree.rows('/ip/hotspot/host')[0]?.values.address).toBe(ip);
    expect(twin.sessions()).toMatchObject([{ cause: 'Admin-Reset' }]);
  });
});

describe('power', () => {
  it('cut: nothing is sent, memory is lost, ids start again, the clock is in the past', async () => {
    await using village = await startVillage();
    const { twin, radius, tree } = village;
    const mac = '02:00:00:00:00:01';
    await loggedIn(village, mac);
    const before = await radius.until((p) => p.int(40) === STATUS.start);
    const sent = radius.seen.length;

    await twin.powerCut();
    const dark = [twin.attach({ mac }), tree.rows('/ip/hotspot/active').length];
    await twin.powerOn();
    const silent = radius.seen.length - sent;
    radius.seen.length = 0;
    await loggedIn(village, mac);
    const after = await radius.until((p) => p.int(40) === STATUS.start);

    expect(dark).toEqual([null, 0]);
    expect(silent).toBe(0);
    expect(after.text(44)).toBe(before.text(44));
    expect((before.int(55) ?? 0) - (after.int(55) ?? 0)).toBeGreaterThan(86_000);
    expect(twin.sessions()).toMatchObject([
      { acctSessionId: '80000001', cause: null },
      { acctSessionId: '80000001', cause: null },
    ]);
    expect(twin.sessions()[0]?.endedAt).not.toBeNull();
  });

  it('of a reboot goes only after the Stops', async () => {
    await using village = await startVillage();
    const { twin, radius } = village;
    await loggedIn(village);

    await twin.reboot();

    expect(radius.accounting(STATUS.stop).map((p) => p.int(49))).toEqual([CAUSE.reboot]);
    expect(twin.attach({ mac: '02:00:00:00:00:09' })).not.toBeNull();
  });
});

describe('the API', () => {
  it('reboots the router: Stops are sent, the API comes back, its clock goes on', async () => {
    await using village = await startVillage();
    const { twin, radius, place } = village;
    await loggedIn(village);
    const socket = connect({ host: place.router, port: twin.apiPort });
    const word = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
    const say = (...words: string[]) => Buffer.concat([...words.map(word), Buffer.from([0])]);

    socket.write(say('/login', '=name=admin', '=password='));
    socket.write(say('/system/reboot'));
    const stop = await radius.until(isStop);
    socket.resume();
    await once(socket, 'close');
    await twin.powerOn();

    expect(stop.int(49)).toBe(CAUSE.reboot);
    expect(twin.attach({ mac: '02:00:00:00:00:09' })).not.toBeNull();
    expect(twin.faults.clockOffsetMs).toBe(0);
  });
});

describe('a fault', () => {
  it('drops Stops, freezes counters or silences accounting, while the twin still knows', async () => {
    await using village = await startVillage();
    const { twin, radius, gateway, place } = village;
    await using _web = await startWeb(place.wan, 8080, () => 'HTTP/1.1 200 OK\r\n\r\nisi');
    twin.faults.freezeCounters = true;
    const ip = await loggedIn(village);
    const page = await ask(gateway, ip, get('http://8.8.8.8/'));
    await ask(gateway, ip, own('/logout'));
    const stop = await radius.until(isStop);
    twin.faults.dropAccountingStop = true;
    await loggedIn(village);
    await ask(gateway, ip, own('/logout'));
    twin.faults.accountingOff = true;
    await loggedIn(village);
    await ask(gateway, ip, own('/logout'));

    expect([stop.int(42), stop.int(43)]).toEqual([0, 0]);
    expect(twin.sessions()[0]).toMatchObject({
      inputOctets: page.sent,
      outputOctets: page.received,
    });
    expect(radius.accounting(STATUS.stop)).toHaveLength(1);
    expect(radius.accounting(STATUS.start)).toHaveLength(2);
    expect(twin.sessions().map(({ cause }) => cause)).toEqual(Array(3).fill('User-Request'));
  });
});

describe('a report', () => {
  it('is repeated with a growing Acct-Delay-Time until someone answers', async () => {
    await using village = await startVillage({ clock: fastClock() });
    const { radius, tree } = village;
    change(tree, '/radius', {}, { timeout: '10ms' });
    let lost = 7;
    radius.decide = ({ code }) => {
      if (code === 1) return { code: 2 };
      lost -= 1;
      return lost >= 0 ? null : { code: 5 };
    };
    await loggedIn(village);

    const late = await radius.until((p) => p.int(40) === STATUS.start && (p.int(41) ?? 0) > 0);
    const starts = radius.accounting(STATUS.start);

    expect(late.int(55)).toBe(starts[0]?.int(55));
    expect(new Set(starts.slice(0, 3).map(({ bytes }) => bytes.toString('hex'))).size).toBe(1);
  });
});
