import { describe, expect, it } from 'vitest';
import {
  ask,
  get,
  loggedIn,
  own,
  startVillage,
  startWeb,
} from '../../../simulator/hotspot/test-village.ts';
import { attr, STATUS } from '../../../simulator/nas/test-peer.ts';

const BODY = 'x'.repeat(100_000);

describe('a phone at a configured router', () => {
  it('is redirected, logs in, is forwarded and counted, and logs out', async () => {
    await using village = await startVillage();
    const { twin, radius, gateway, place } = village;
    await using web = await startWeb(place.wan, 8080, () => `HTTP/1.1 200 OK\r\n\r\n${BODY}`);
    const lease = twin.attach({ mac: '02:00:00:00:00:01' });
    const ip = lease?.ip ?? '';

    const before = await ask(gateway, ip, get('http://8.8.8.8/halaman?a=1'));
    const login = await ask(
      gateway,
      ip,
      own('/login?username=warga&password=token&dst=http%3A%2F%2Fx.test%2F'),
    );
    const page = await ask(gateway, ip, get('http://8.8.8.8/halaman'));
    const logout = await ask(gateway, ip, own('/logout'));
    const stop = await radius.until((p) => p.code === 4 && p.int(40) === STATUS.stop);

    expect(lease).toMatchObject({ gateway, dns: gateway, leaseSeconds: 28_800 });
    expect(before.text).toContain('HTTP/1.1 302');
    expect(before.text).toContain(
      'Location: http://login.desa.test:8088/login?dst=http%3A%2F%2F8.8.8.8%2Fhalaman%3Fa%3D1',
    );
    expect(login.text).toContain('Location: http://x.test/');
    expect(page.text.endsWith(BODY)).toBe(true);
    expect(logout.text).toContain('MikroTik');
    expect(web.requests).toHaveLength(1);
    expect(web.requests[0]?.from).toBe(place.router);
    expect(web.requests[0]?.head).toMatch(/^GET \/halaman HTTP\/1.1\r\n/);
    expect([stop.int(42), stop.int(43)]).toEqual([page.sent, page.received]);
    expect(stop.int(49)).toBe(1);
    expect(twin.sessions()).toMatchObject([
      {
        acctSessionId: '80000001',
        inputOctets: page.sent,
        outputOctets: page.received,
        cause: 'User-Request',
      },
    ]);
    expect(radius.seen.every(({ from }) => from === place.router)).toBe(true);
    await loggedIn(village);
    expect(radius.accounting(STATUS.start)).toHaveLength(2);
    expect(attr(1, 'a')).toHaveLength(3);
  });
});
