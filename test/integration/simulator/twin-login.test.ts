import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  add,
  ask,
  change,
  clear,
  get,
  loggedIn,
  own,
  startVillage,
  startWeb,
} from '../../../simulator/hotspot/test-village.ts';
import { attr, STATUS } from '../../../simulator/nas/test-peer.ts';

const REJECT = { code: 3, attributes: attr(18, 'SW-QUOTA kuota habis') };
const LOGIN = own('/login?username=warga&password=token');

function post(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: login.desa.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

describe('a login', () => {
  it('sends what a MikroTik hotspot sends, Message-Authenticator first', async () => {
    await using village = await startVillage();
    const { place, radius } = village;

    const ip = await loggedIn(village, '02:00:00:aa:bb:cc');
    const request = radius.seen[0]!;
    const start = await radius.until((p) => p.int(40) === STATUS.start);

    expect(request.types[0]).toBe(80);
    expect(request.text(1)).toBe('warga');
    expect(request.text(4)).toBe(Buffer.from(place.router.split('.').map(Number)).toString());
    expect(request.text(8)).toBe(Buffer.from(ip.split('.').map(Number)).toString());
    expect(request.text(30)).toBe('sw-hs1');
    expect(request.text(31)).toBe('02:00:00:AA:BB:CC');
    expect(request.text(32)).toBe('desa-uji');
    expect(request.text(44)).toBe('80000001');
    expect(request.text(87)).toBe('br-hotspot');
    expect(start.text(44)).toBe('80000001');
  });

  it('as a trial user asks nobody, and only where the profile has it', async () => {
    await using village = await startVillage();
    const { tree, twin, radius, gateway } = village;
    const notice = new URL('../../../controller/pages/down/login.html', import.meta.url);
    tree.writeFile('flash/sw/login.html', await readFile(notice));
    const mac = '02:00:00:00:00:01';
    const ip = twin.attach({ mac })?.ip ?? '';
    const asTrial = (): ReturnType<typeof ask> =>
      ask(gateway, ip, own(`/login?username=T-${mac}&dst=http://y.test/`));

    expect((await asTrial()).text).toContain('Silakan tunggu');
    expect(twin.sessions()).toEqual([]);

    add(tree, '/ip/hotspot/user/profile', { name: 'sw-pass', 'rate-limit': '128k/128k' });
    const trial = { 'login-by': 'http-pap,mac,trial', 'trial-user-profile': 'sw-pass' };
    change(tree, '/ip/hotspot/profile', { name: 'sw-prof' }, trial);
    radius.decide = () => null;
    const page = (await ask(gateway, ip, own('/login?dst=http://y.test/'))).text;
    expect(page).toContain(
      `/login?dst=http%3A%2F%2Fy.test%2F&amp;username=T-${encodeURIComponent(mac.toUpperCase())}`,
    );

    expect((await asTrial()).text).toContain('302 Found\r\nLocation: http://y.test/\r\n');
    expect(twin.sessions()).toMatchObject([{ username: `T-${mac}`, cause: null }]);
    expect(tree.rows('/ip/hotspot/active')).toMatchObject([{ values: { 'login-by': 'trial' } }]);
    const asked = radius.seen.filter((packet) => packet.text(1)?.startsWith('T-') === true);
    expect(asked.filter((packet) => packet.int(40) === null)).toEqual([]);
  });

  it('by POST counts the form before the query', async () => {
    await using village = await startVillage();
    const ip = village.twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';

    const answer = await ask(
      village.gateway,
      ip,
      post('/login?username=lain', 'username=warga&password=x&dst=http%3A%2F%2Fy.test%2Fa%20b'),
    );

    expect(village.radius.seen[0]?.text(1)).toBe('warga');
    expect(answer.text).toContain('302 Found\r\nLocation: http://y.test/a%20b\r\n');
  });

  it('that is refused shows login.html with the Reply-Message in error', async () => {
    await using village = await startVillage();
    const { tree, twin, radius, gateway } = village;
    tree.writeFile(
      'flash/sw/login.html',
      Buffer.from('E=$(error) O=$(error-orig-esc) $(link-orig)'),
    );
    radius.decide = () => REJECT;
    const ip = twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';

    const answer = await ask(gateway, ip, own('/login?username=a&password=b&dst=http://z.test/'));

    expect(answer.text).toContain(
      'E=SW-QUOTA kuota habis O=SW-QUOTA%20kuota%20habis http://z.test/',
    );
    expect(twin.sessions()).toEqual([]);
  });

  it.each([
    [
      'a wrong secret',
      (v: Village) => (v.radius.secret = 'another secret'),
      'RADIUS server is not responding',
    ],
    [
      'a silent server',
      (v: Village) => (v.radius.decide = () => null),
      'RADIUS server is not responding',
    ],
    ['no RADIUS row', (v: Village) => clear(v.tree, '/radius'), 'invalid username or password'],
    [
      'a RADIUS row for another service',
      (v: Village) => change(v.tree, '/radius', {}, { service: 'ppp' }),
      'invalid username or password',
    ],
    [
      'use-radius=no',
      (v: Village) =>
        change(v.tree, '/ip/hotspot/profile', { name: 'sw-prof' }, { 'use-radius': 'no' }),
      'invalid username or password',
    ],
    [
      'a source address that is not the router’s',
      (v: Village) => change(v.tree, '/radius', {}, { 'src-address': '127.9.9.9' }),
      'RADIUS server is not responding',
    ],
  ])('fails with %s', async (_name, breakIt, text) => {
    await using village = await startVillage();
    if (village.tree.rows('/radius').length > 0)
      change(village.tree, '/radius', {}, { timeout: '20ms' });
    breakIt(village);
    const ip = village.twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';

    const answer = await ask(village.gateway, ip, LOGIN);

    expect(answer.text).toContain(text);
    expect(village.twin.sessions()).toEqual([]);
  });

  it('repeats identical bytes three times, then asks the standby', async () => {
    await using village = await startVillage();
    const { tree, radius, place, twin, gateway } = village;
    clear(tree, '/radius');
    for (const address of ['127.9.9.8', place.server]) {
      const row = {
        service: 'hotspot',
        address,
        secret: 'a-secret-of-the-village',
        timeout: '20ms',
      };
      add(tree, '/radius', row);
    }
    let left = 2;
    radius.decide = (p) => (p.code === 1 && left-- > 0 ? null : { code: p.code === 1 ? 2 : 5 });
    const ip = twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';

    const answer = await ask(gateway, ip, LOGIN);
    const tries = radius.seen
      .filter(({ code }) => code === 1)
      .map(({ bytes }) => bytes.toString('hex'));

    expect(answer.text).toContain('302 Found');
    expect(tries).toHaveLength(3);
    expect(new Set(tries).size).toBe(1);
    // The report of the session finds the standby too.
    await expect.poll(() => radius.seen.filter(({ code }) => code === 4)).toHaveLength(1);
  });

  it('is let in by MAC where the profile says so, with an empty password', async () => {
    await using village = await startVillage({
      prepare: (tree) =>
        change(tree, '/ip/hotspot/profile', { name: 'sw-prof' }, { 'login-by': 'http-pap,mac' }),
    });
    const { twin, radius, gateway } = village;
    const ip = twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';

    const status = await ask(gateway, ip, own('/status'));

    expect(radius.seen[0]?.text(1)).toBe('02:00:00:00:00:01');
    expect(status.text).toContain('02:00:00:00:00:01');
    expect(village.tree.rows('/ip/hotspot/active')[0]?.values['login-by']).toBe('mac');
  });

  it('is let in again by its MAC cookie, until someone removes that', async () => {
    await using village = await startVillage({
      prepare: (tree) =>
        change(
          tree,
          '/ip/hotspot/profile',
          { name: 'sw-prof' },
          { 'login-by': 'http-pap,mac-cookie' },
        ),
    });
    const { twin, tree, gateway, radius } = village;
    const phone = { mac: '02:00:00:00:00:01' };
    const loginBy = (): string | undefined =>
      tree.rows('/ip/hotspot/active').map(({ values }) => values['login-by'])[0];
    const away = async (): Promise<void> => {
      tree.remove('/ip/hotspot/active', [tree.rows('/ip/hotspot/active')[0]!.id]);
      twin.detach(phone.mac);
      await expect.poll(() => tree.rows('/ip/hotspot/host')).toEqual([]);
    };

    await ask(gateway, twin.attach(phone)?.ip ?? '', LOGIN);
    await expect.poll(loginBy).toBe('http-pap');
    const [cookie] = tree.rows('/ip/hotspot/cookie');
    await away();
    twin.attach(phone);
    await expect.poll(loginBy).toBe('mac-cookie');
    const requests = radius.seen.filter(({ code }) => code === 1).map((packet) => packet.text(1));
    await away();
    tree.remove('/ip/hotspot/cookie', [cookie!.id]);
    const ip = twin.attach(phone)?.ip ?? '';
    const page = await ask(gateway, ip, own('/status'));

    expect(cookie).toMatchObject({
      dynamic: true,
      values: { 'mac-address': phone.mac, 'mac-cookie': 'true', 'expires-in': expect.any(String) },
    });
    expect(requests).toEqual([cookie!.values.user, cookie!.values.user]);
    expect(page.text).not.toContain('200 OK');
    expect(loginBy()).toBeUndefined();
    expect(tree.rows('/ip/hotspot/cookie')).toEqual([]);
  });

  it('by CHAP answers the challenge of the page, once', async () => {
    await using village = await startVillage();
    const { tree, twin, radius, gateway } = village;
    change(tree, '/ip/hotspot/profile', { name: 'sw-prof' }, { 'login-by': 'http-chap' });
    tree.writeFile('flash/sw/login.html', Buffer.from('[$(chap-id)|$(chap-challenge)] $(error)'));
    const ip = twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';
    const octal = (text: string) =>
      Buffer.from(
        [...text.matchAll(/\\(\d{3})/g)].map(([, digits]) => Number.parseInt(digits!, 8)),
      );

    const plain = await ask(gateway, ip, LOGIN);
    const [, id = '', challenge = ''] = /\[(.*)\|(.*)\]/.exec(plain.text) ?? [];
    const sum = hash('md5', Buffer.concat([octal(id), Buffer.from('sandi'), octal(challenge)]));
    const login = await ask(gateway, ip, own(`/login?username=warga&password=${sum}`));
    const request = radius.seen[0]?.bytes.toString('hex') ?? '';

    expect(plain.text).toContain('web browser did not send challenge response');
    expect(login.text).toContain('302 Found');
    expect(request).toContain(`0313${octal(id).toString('hex')}${sum}`);
    expect(request).toContain(`3c12${octal(challenge).toString('hex')}`);
  });

  it('follows alogin.html where it is written', async () => {
    await using village = await startVillage();
    village.tree.writeFile(
      'flash/sw/alogin.html',
      Buffer.from('halo $(username) $(link-redirect)'),
    );
    const ip = village.twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';

    const answer = await ask(
      village.gateway,
      ip,
      own('/login?username=warga&password=x&dst=http://z.test/'),
    );

    expect(answer.text).toContain('halo warga http://z.test/');
  });

  it('answers with the files of html-directory, a 302 of rlogin.html included', async () => {
    await using village = await startVillage();
    const { tree, twin, gateway } = village;
    tree.writeFile(
      'flash/sw/login.html',
      Buffer.from(
        '$(if http-status == 302)Found$(endif)$(if http-header == "Location")' +
          'http://portal.test/?mac=$(mac-esc)&r=$(identity)&o=$(link-orig-esc)$(endif)',
      ),
    );
    tree.writeFile(
      'flash/sw/api.json',
      Buffer.from('{"captive": $(if logged-in == "yes")false$(else)true$(endif)}'),
    );
    const ip = twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';

    const page = await ask(gateway, ip, own('/login?dst=http%3A%2F%2Fa.test%2F'));
    const api = await ask(gateway, ip, own('/api'));
    const missing = await ask(gateway, ip, own('/tiada.html'));

    expect(page.text).toContain(
      'Location: http://portal.test/?mac=02%3A00%3A00%3A00%3A00%3A01&r=desa-uji&o=http%3A%2F%2Fa.test%2F\r\n',
    );
    expect(page.text).toMatch(/^HTTP\/1.1 302 Found\r\n/);
    expect(api.text).toContain('application/captive+json');
    expect(api.text).toContain('{"captive": true}');
    expect(missing.text).toMatch(/^HTTP\/1.1 404/);
  });

  it('is not needed for the walled garden, and the garden is only what its rows say', async () => {
    await using village = await startVillage();
    const { tree, twin, gateway, place } = village;
    await using portal = await startWeb(place.server, 80, () => 'HTTP/1.1 200 OK\r\n\r\nportal');
    const ip = twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';

    const before = await ask(gateway, ip, get(`http://${place.server}/`));
    clear(tree, '/ip/hotspot/walled-garden/ip');
    const after = await ask(gateway, ip, get(`http://${place.server}/`));

    expect(before.text).toContain('portal');
    expect(portal.requests[0]?.from).toBe(ip);
    expect(after.text).toContain('302 Hotspot login required');
  });

  it('is what HTTPS waits for: a reset before, a tunnel after', async () => {
    await using village = await startVillage();
    const { twin, gateway, place } = village;
    await using tls = await startWeb(place.wan, 8443, (head) => `echo:${head}`);
    const ip = twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';
    const hello = 'CONNECT 9.9.9.9:443 HTTP/1.1\r\nHost: 9.9.9.9:443\r\n\r\nhello';

    const before = await ask(gateway, ip, hello);
    await loggedIn(village);
    const after = await ask(gateway, ip, hello);

    expect(before).toMatchObject({ reset: true, received: 0 });
    expect(after.text).toMatch(/^HTTP\/1.1 200 .*\r\n\r\necho:hello$/);
    expect(tls.requests).toHaveLength(1);
    expect(twin.sessions()[0]).toMatchObject({
      inputOctets: after.sent,
      outputOctets: after.received,
    });
  });

  it('is not asked for where no hotspot is enabled', async () => {
    await using village = await startVillage();
    const { tree, twin, gateway, place } = village;
    await using web = await startWeb(place.wan, 8080, () => 'HTTP/1.1 200 OK\r\n\r\nterbuka');
    const ip = await loggedIn(village);

    change(tree, '/ip/hotspot', { name: 'sw-hs1' }, { disabled: 'yes' });
    await twin.settled();
    const open = await ask(gateway, ip, get('http://8.8.8.8/'));

    expect(open.text).toContain('terbuka');
    expect(web.requests).toHaveLength(1);
    expect(twin.sessions()[0]?.cause).toBe('Admin-Reset');
  });

  it('gives a browser at an address without a lease a host of its own', async () => {
    await using village = await startVillage();

    const answer = await ask(village.gateway, '127.0.0.1', own('/login?username=warga&password=x'));
    const again = await ask(village.gateway, '127.0.0.1', own('/status'));

    expect(answer.text).toContain('302 Found');
    expect(again.text).toContain('warga 127.0.0.1');
    expect(village.twin.sessions()[0]?.mac).toMatch(/^.[26AE](?::[0-9A-F]{2}){5}$/);
  });
});

type Village = Awaited<ReturnType<typeof startVillage>>;
