import { describe, expect, it } from 'vitest';
import { add, type LivingRouter, livingRouter } from './test-system.ts';

const MENU = '/tool/netwatch';
const SCRIPTS = { 'up-script': ':log info "ada"', 'down-script': ':log info "hilang"' };

interface Watched extends LivingRouter {
  /** Whether the host answers. */
  answering: boolean;
  /** Values that print shows of the only row. */
  shown(): Record<string, string>;
}

function watched(version = '7.20.8'): Watched {
  const outside = { answers: async () => watchedRouter.answering };
  const router = livingRouter({ version }, outside);
  const shown = (): Record<string, string> => router.tree.printed(MENU, router.tree.rows(MENU)[0]!);
  const watchedRouter: Watched = Object.assign(router, { answering: true, shown });
  return watchedRouter;
}

describe('netwatch', () => {
  it('runs a script when a host comes and when it goes, once each', async () => {
    const router = watched();
    add(router.tree, MENU, { host: '10.255.0.1', type: 'icmp', interval: '30s', ...SCRIPTS });
    const before = router.shown();

    await router.advance(3000);
    const up = router.shown();
    await router.advance(30_000);
    router.answering = false;
    await router.advance(30_000);
    const waiting = router.shown();
    await router.advance(3000);
    const down = router.shown();
    await router.advance(30_000);
    router.answering = true;
    await router.advance(3000);
    await router.advance(30_000);

    expect(before).toMatchObject({ status: 'unknown', 'done-tests': '0' });
    expect(up).toMatchObject({ status: 'up', 'done-tests': '1', 'failed-tests': '0' });
    expect(waiting.status).toBe('up');
    expect(down).toMatchObject({ status: 'down', 'failed-tests': '1' });
    expect(Date.parse(down.since!) - Date.parse(up.since!)).toBe(63_000);
    expect(router.logged('script')).toEqual(['ada', 'hilang', 'ada']);
  });

  it('asks a server for a name where the type is dns; other types stay unknown', async () => {
    const asked: string[] = [];
    const { tree, advance, logged } = livingRouter(
      {},
      {
        answers: async () => false,
        lookup: async (host, server) => {
          asked.push(`${host} @${server}`);
          return host === 'example.com' ? '192.0.2.1' : null;
        },
      },
    );
    const dns = { type: 'dns', 'record-type': 'A', 'dns-server': '10.255.0.1' };
    add(tree, MENU, { host: 'example.com', ...dns, 'up-script': ':log info "nama ada"' });
    add(tree, MENU, { host: 'tiada.test', ...dns, 'down-script': ':log info "nama tiada"' });
    const http = add(tree, MENU, { host: 'example.com', type: 'http-get', ...SCRIPTS });

    await advance(3000);
    await advance(3000);

    expect(asked).toEqual(['example.com @10.255.0.1', 'tiada.test @10.255.0.1']);
    expect(logged('script').toSorted()).toEqual(['nama ada', 'nama tiada']);
    expect(tree.printed(MENU, tree.find(MENU, http)!).status).toBe('unknown');
  });

  it('waits five minutes after a boot unless told otherwise', async () => {
    const router = watched();
    add(router.tree, MENU, { host: '10.255.0.1', ...SCRIPTS });
    add(router.tree, MENU, {
      host: '10.255.0.2',
      'startup-delay': '5s',
      'up-script': ':log info "dua"',
    });
    router.system.powerCut();
    router.system.powerOn();

    await router.advance(5000);
    const early = router.logged('script');
    await router.advance(295_000);

    expect(early).toEqual(['dua']);
    expect(router.logged('script')).toEqual(['dua', 'ada']);
  });

  it('keeps silent about a first state that is to be ignored', async () => {
    const router = watched();
    router.answering = false;
    add(router.tree, MENU, { host: '10.255.0.1', 'ignore-initial-down': 'yes', ...SCRIPTS });

    await router.advance(3000);
    await router.advance(3000);
    const { status } = router.shown();
    router.answering = true;
    await router.advance(7000);

    expect(status).toBe('down');
    expect(router.logged('script')).toEqual(['ada']);
  });

  it('runs scripts with the rights to read, write, test and reboot, no more', async () => {
    const router = watched();
    const script = '/ip dns set servers=1.1.1.3; /user add name=x group=full';
    add(router.tree, MENU, { host: '10.255.0.1', 'up-script': script });

    await router.advance(3000);

    expect(router.tree.single('/ip/dns').servers).toBe('1.1.1.3');
    expect(router.logged('script,error,debug')).toEqual([
      '(netwatch) not enough permissions (9) (/user/add; line 1)',
    ]);
  });

  it('forgets a row that is disabled, and begins anew with one that is changed', async () => {
    const router = watched();
    const id = add(router.tree, MENU, { host: '10.255.0.1', ...SCRIPTS });
    await router.advance(3000);

    router.tree.set(MENU, [id], new Map([['disabled', 'yes']]));
    router.answering = false;
    await router.advance(60_000);
    const disabled = router.shown();
    router.tree.set(MENU, [id], new Map([['disabled', 'no']]));
    await router.advance(3000);
    await router.advance(3000);

    expect(disabled.status).toBeUndefined();
    expect(router.logged('script')).toEqual(['ada', 'hilang']);
  });
});
