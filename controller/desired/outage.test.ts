import { describe, expect, it } from 'vitest';
import { loadPages } from '../pages.ts';
import { plan } from '../plan.ts';
import { factoryMenus, input, local, SETTINGS } from '../test-input.ts';
import { type RouterModel, routerModel } from '../test-model.ts';
import { desired } from './desired.ts';
import { floorNames } from './outage.ts';
import type { DesiredConfiguration, Values, VillageInput } from './types.ts';

const FAMILY = '1.1.1.3,1.0.0.3';
const AT = Date.parse('2026-11-24T03:00:00Z');
/** As RouterOS prints instants. */
const text = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');
const watches = (values: Record<string, string>): Values[] =>
  desired(input({ local: local(values) }))
    .menus.filter((menu) => menu.path === '/tool/netwatch')
    .flatMap((menu) => menu.rows.map((row) => row.values));

describe('the watch over the server', () => {
  it('asks resolver and portal for a connection', () => {
    expect(watches({})).toMatchObject([
      {
        comment: 'sw:nw-dns',
        type: 'tcp-conn',
        host: SETTINGS.resolverAddress,
        port: '53',
        interval: '17s',
        timeout: '2s',
        'thr-tcp-conn-time': '2s',
        'startup-delay': '10s',
      },
      { comment: 'sw:nw-portal', type: 'tcp-conn', host: SETTINGS.portalAddress, port: '443' },
    ]);
  });

  it('is one probe on a metered link, which switches both', () => {
    const [only, ...more] = watches({ 'link.metered-gb': '20', 'link.rtt-ms': '600' });

    expect(more).toEqual([]);
    expect(only).toMatchObject({
      type: 'dns',
      'dns-server': SETTINGS.resolverAddress,
      interval: '25s',
      timeout: '2s200ms',
    });
    expect(only?.['down-script']).toContain('html-directory=sw/down');
    expect(only?.['down-script']).toContain(`servers=${FAMILY}`);
  });

  it('raises the floor before it turns to family resolvers, and lowers it after', () => {
    const [watch] = watches({});
    const order = (script = '', ...steps: string[]) => steps.map((step) => script.indexOf(step));
    const down = order(watch?.['down-script'], 'disabled=no', `servers=${FAMILY}`, 'cache flush');
    const up = order(watch?.['up-script'], 'servers=10.255.0.2', 'disabled=yes', 'cache flush');

    for (const places of [down, up]) {
      expect(places).not.toContain(-1);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }
  });

  it('lets one step fail without the others', () => {
    for (const watch of watches({})) {
      for (const script of [watch['down-script']!, watch['up-script']!]) {
        const steps = script.replace(/^.*:if \(\$swAway\) do=\{(.*)\}$/, '$1').split('; ');
        expect(steps.slice(0, -1).every((step) => /^:do \{.*\} on-error=\{\}$/.test(step))).toBe(
          true,
        );
        expect(steps.at(-1)).toMatch(/^:log warning /);
        expect(script).not.toContain('\n');
      }
    }
  });

  it('waits for the next probes before it believes in an outage, never before it believes in its end', () => {
    for (const [settings, seconds] of [
      [{}, 37],
      [{ 'link.metered-gb': '20', 'link.rtt-ms': '600' }, 29],
    ] as const) {
      for (const watch of watches(settings)) {
        expect(watch['down-script']).toContain(`:delay ${seconds}s`);
        expect(watch['up-script']).not.toContain(':delay');
      }
    }
  });

  it('gives new phones a small pass only where the village says so', () => {
    const profiles = (values: Record<string, string>) =>
      desired(input({ local: local(values) }))
        .menus.filter((menu) => menu.path === '/ip/hotspot/user/profile')
        .flatMap((menu) => menu.rows.map((row) => [row.key, row.values['rate-limit']]));
    const pass = { 'outage.new-phones': 'pass', 'outage.pass-kbps': '128' };

    expect(profiles({})).toEqual([['default', undefined]]);
    expect(profiles(pass)).toEqual([
      ['default', undefined],
      ['sw-pass', '128k/128k'],
    ]);
    expect(watches({})[1]?.['down-script']).toContain('login-by=http-pap,mac}');
    expect(watches(pass)[1]?.['down-script']).toContain('login-by=http-pap,mac,trial}');
    expect(watches(pass)[1]?.['up-script']).toContain('login-by=http-pap,mac}');
  });
});

describe('the floor', () => {
  const policy = { deny: ['judi.example'], allow: ['ok.example'] };
  const room = (limit: number) => ({ needed: [], limit });

  it('is what is listed and what the policy denies, less what it allows', () => {
    expect(floorNames(policy, ['a.example', 'ok.example', 'judi.example'], room(9))).toEqual([
      'judi.example',
      'a.example',
    ]);
  });

  it('keeps what the village itself denies when the board is small', () => {
    expect(floorNames(policy, ['a.example', 'b.example'], room(2))).toEqual([
      'judi.example',
      'a.example',
    ]);
  });
});

describe('the floor of a village', () => {
  it('spares the portal, the login page, the tunnel and the time', () => {
    const made = desired(
      input({
        settings: { ...SETTINGS, tunnelEndpoint: { host: 'vpn.go.example', port: 51_820 } },
        policy: { allow: [], deny: ['go.example', 'wifi.test', 'ntp.example', 'judi.example'] },
        local: local({
          'time.ntp-servers': 'a.ntp.example',
          'outage.floor': 'example.test,b.co.id',
        }),
      }),
    );
    const floor = made.menus
      .find((menu) => menu.path === '/ip/dns/static')!
      .rows.filter((row) => row.key.startsWith('floor-'));

    expect(floor.map((row) => row.values.name)).toEqual(['judi.example', 'b.co.id']);
  });
});

describe('the pages of an outage', () => {
  it('say it in Indonesian, name no server, and print nothing that a phone wrote', async () => {
    const pages = (await loadPages()).filter(({ name }) => name.startsWith('down/'));

    expect(pages.map(({ name }) => name)).toEqual(
      ['alogin', 'error', 'login', 'logout', 'redirect', 'rlogin', 'status'].map(
        (name) => `down/${name}.html`,
      ),
    );
    for (const { contents } of pages) {
      expect(contents).toContain('<html lang="id">');
      expect(contents).not.toMatch(/\{\{portal\}\}|https?:|\$\((username|error|link-orig|dst)\)/);
      expect(contents.length).toBeLessThan(4000);
    }
  });

  it('offer the small pass only to those who may have it', async () => {
    const login = (await loadPages()).find(({ name }) => name === 'down/login.html')!.contents;

    expect(login).toMatch(/\$\(if trial == 'yes'\).*username=T-\$\(mac-esc\).*\$\(else\)/s);
  });
});

describe('a plan while the server is away', () => {
  /** A router that has been applied, and what its scripts make of it. */
  function applied(given: VillageInput = input()): {
    wanted: DesiredConfiguration;
    router: RouterModel;
    watch: (status: string, sinceSeconds?: number) => void;
    away: () => void;
  } {
    const wanted = desired(given);
    const router = routerModel(factoryMenus(), wanted);
    router.apply(plan(wanted, router.observed()));
    const rowsOf = (path: string) => router.menus.get(path) ?? [];
    return {
      wanted,
      router,
      watch: (status, sinceSeconds = 600) => {
        const [date, time] = text(AT).split(' ');
        Object.assign(rowsOf('/system/clock')[0]!, { date, time });
        const since = text(AT - sinceSeconds * 1000);
        for (const row of rowsOf('/tool/netwatch')) Object.assign(row, { status, since });
      },
      away: () => {
        for (const menu of wanted.menus) {
          for (const row of menu.rows) {
            if (row.during === undefined) continue;
            const have = rowsOf(menu.path).find(
              (one) =>
                menu.kind === 'single' ||
                one.comment === row.values.comment ||
                one.name === row.key,
            );
            Object.assign(have!, row.during.values);
          }
        }
      },
    };
  }
  const left = ({ wanted, router }: { wanted: DesiredConfiguration; router: RouterModel }) =>
    plan(wanted, router.observed()).map((change) => `${change.kind} ${change.path} ${change.key}`);

  it('finds the router right in either state while the watch does not say', () => {
    const one = applied();
    expect(left(one)).toEqual([]);

    one.away();
    expect(left(one)).toEqual([]);
  });

  it('finds it right as the watch says', () => {
    const one = applied();
    one.watch('up');
    expect(left(one)).toEqual([]);

    one.away();
    one.watch('down');
    expect(left(one)).toEqual([]);
  });

  it('finds it right in either state while the script may still wait for another probe', () => {
    const one = applied();
    one.watch('down', 40);
    expect(left(one)).toEqual([]);
    one.away();
    expect(left(one)).toEqual([]);

    one.watch('up', 1);
    expect(left(one)).toContain('set /ip/dns ');
    const other = applied();
    other.watch('down', 150);
    expect(left(other)).toContain('set /ip/dns ');
  });

  it('mends a router that has stayed behind, in either direction', () => {
    const one = applied();
    one.away();
    one.watch('up');
    expect(left(one)).toContain('set /ip/dns ');
    expect(left(one)).toContain('set /ip/hotspot/profile sw-prof');
    expect(left(one)).toContain('set /ip/dns/static floor-pornhub.com');

    const other = applied();
    other.watch('down');
    expect(left(other)).toContain('set /ip/dns ');
    other.router.apply(plan(other.wanted, other.router.observed()));
    expect(other.router.menus.get('/ip/dns')?.[0]?.servers).toBe(FAMILY);
    expect(left(other)).toEqual([]);
  });

  it('still sees what somebody changes by hand', () => {
    const one = applied();
    one.away();
    one.watch('down');
    one.router.menus.get('/ip/dns')![0]!.servers = '8.8.8.8';
    one.router.menus.get('/ip/hotspot/profile')![0]!['login-by'] = 'trial';

    expect(left(one)).toEqual(['set /ip/hotspot/profile sw-prof', 'set /ip/dns ']);
  });
});
