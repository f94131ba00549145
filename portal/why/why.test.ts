import { describe, expect, it } from 'vitest';
import { createWorld, openTestPortal, type World } from '../portal.fixture.ts';
import {
  account,
  MAC,
  redirectPath,
  router,
  START_MS,
  session,
  usage,
  village,
} from '../village.fixture.ts';

/** The test's own address is of the village LAN. */
const here = { ...router, lanSubnet: '127.0.0.0/8' };
const over = { ...session, state: 'closed' as const, stopCause: 'Session-Timeout' };

async function ask(change: (world: World) => void, path = `/why?router=${router.name}&lang=id`) {
  const world = createWorld();
  world.routers = [here];
  change(world);
  await using test = await openTestPortal({}, world);
  const { body } = await test.fetch(path);
  const verdict = /data-verdict="(\w+)"/.exec(body)?.[1];
  return { body, verdict, world };
}

describe('GET /why', () => {
  it('finds the account by the last session of the address, and says what is used up', async () => {
    const { body, verdict, world } = await ask((w) => {
      w.lastSession = over;
      w.usage = { ...usage, dayOctets: 1e9, open: [] };
    });

    expect(verdict).toBe('quota');
    expect(body).toContain('besok pukul 00.00 WIB');
    expect(body).toContain('ACD-EFG');
    expect(world.cases).toMatchObject([
      {
        verdict: 'quota',
        router: router.name,
        villageCode: village.code,
        account: { kind: 'voucher', id: account.id },
        sessionId: session.id,
      },
    ]);
  });

  it('keeps no MAC, no address and no user name in a case', async () => {
    const { world } = await ask((w) => {
      w.session = session;
    });
    const kept = JSON.stringify(world.cases);

    expect(world.cases[0]?.phone).toMatch(/^[0-9a-f]{16}$/);
    expect(kept).not.toContain(MAC);
    expect(kept).not.toContain(session.username);
    expect(kept).not.toContain('127.0.0.1');
  });

  it('says when a closed village opens again, in its own time', async () => {
    // Tuesday, 10.00 WIB.
    const { body, verdict } = await ask((w) => {
      w.routers = [{ ...here, openingHours: 'mon-sun 12:30-22:00' }];
    });

    expect(verdict).toBe('closed');
    expect(body).toContain('24 November 2026 pukul 12.30 WIB');
  });

  it('says since when the link is down to who asks over another network', async () => {
    const { body, verdict } = await ask((w) => {
      w.routers = [router];
      w.state = { state: 'down', cause: 'link', since: START_MS - 5_400_000 };
    });

    expect(verdict).toBe('down');
    expect(body).toContain('24 November 2026 pukul 08.30 WIB');
  });

  it('names to who is online what is blocked there', async () => {
    const { body, verdict } = await ask((w) => {
      w.session = session;
      w.policies = [{ level: 'regency', code: '16.06', block: ['gambling'], allow: [], deny: [] }];
    });

    expect(verdict).toBe('online');
    expect(body).toContain('judi online');
  });

  it('believes a MAC only together with the address that it came from', async () => {
    const elsewhere = await ask(
      (w) => {
        w.lastSession = { ...over, mac: 'A2:00:00:00:00:99' };
        w.account = { ...account, disabled: true };
      },
      redirectPath({ ip: '127.0.0.1' }).replace('/?', '/why?'),
    );
    const own = await ask(
      (w) => {
        w.lastSession = over;
        w.account = { ...account, disabled: true };
      },
      redirectPath({ ip: '127.0.0.1' }).replace('/?', '/why?'),
    );

    expect(elsewhere.verdict).toBe('login');
    expect(own.verdict).toBe('disabled');
  });

  it.each([
    ['127.0.0.1', MAC, true],
    ['172.16.0.20', MAC, false],
    // A neighbour at this address, who names the phone.
    ['127.0.0.1', 'A2:00:00:00:00:99', false],
  ])(
    'tells whether a phone is remembered to itself alone (redirect of %s, last here %s: %s)',
    async (ip, lastHere, told) => {
      const { body } = await ask(
        (w) => {
          w.lastSession = { ...over, mac: lastHere };
          w.device = {
            mac: MAC,
            accountKind: 'voucher',
            accountId: account.id,
            label: '',
            origin: 'consent',
            createdAt: START_MS,
            expiresAt: START_MS + 1,
          };
        },
        redirectPath({ ip }).replace('/?', '/why?'),
      );

      expect(body.includes('HP ini diingat')).toBe(told);
    },
  );

  it('opens no case where nothing is known, and not more than a phone needs', async () => {
    const world = createWorld();
    world.routers = [here];
    await using test = await openTestPortal({}, world);

    await test.fetch('/why');
    expect(world.cases).toEqual([]);
    const pages = [];
    for (let i = 0; i < 8; i += 1) pages.push(await test.fetch(`/why?router=${router.name}`));

    expect(world.cases).toHaveLength(6);
    expect(pages.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(pages.at(-1)!.body).not.toContain('ACD-EFG');
  });

  it('opens cases for the phones of a village, however many were asked for from outside', async () => {
    const world = createWorld();
    world.routers = [{ ...router, lanSubnet: '127.0.4.0/22' }];
    await using test = await openTestPortal({}, world);
    const ask = async (from: string) => {
      const { body } = await test.fetch(`/why?router=${router.name}`, { from });
      return body.includes('ACD-EFG');
    };
    for (let i = 1; i <= 60; i += 1) {
      for (let n = 0; n < 6; n += 1) await ask(`127.0.9.${i}`);
    }

    const neighbours = [];
    for (let i = 1; i <= 50; i += 1) neighbours.push(await ask(`127.0.4.${i}`));

    expect(neighbours).toEqual(Array(50).fill(true));
  });

  it('survives a redirect of any kind', async () => {
    const { verdict } = await ask(() => {}, '/why?router=sukarami-1&mac=%3Cscript%3E&ip=x');

    expect(verdict).toBe('outside');
  });
});

describe('the service notice', () => {
  const down = { state: 'down' as const, cause: 'link', since: START_MS - 5_400_000 };

  it.each(['/', '/status'])('stands on %s for who comes over another network', async (path) => {
    const world = createWorld();
    world.state = down;
    await using test = await openTestPortal({}, world);

    const { body } = await test.fetch(`${path}?router=${router.name}`);

    expect(body).toContain('sedang putus sejak 24 November 2026 pukul 08.30 WIB');
  });

  it('does not stand where the phone came through that very link', async () => {
    const world = createWorld();
    world.routers = [here];
    world.state = down;
    await using test = await openTestPortal({}, world);

    const { body } = await test.fetch(`/status?router=${router.name}`);

    expect(body).not.toContain('sedang putus');
  });
});
