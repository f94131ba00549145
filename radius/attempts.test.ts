import { describe, expect, it } from 'vitest';
import { DEFAULT_BUDGETS } from './attempts.ts';
import { credentialsOfOne, HARDENED, manyMacs } from './credentials.fixture.ts';
import type { GivenCredentials } from './credentials.ts';
import { MAC } from './radius.fixture.ts';

const LAN = { address: '172.16.0.66' };

describe('attempt budgets', () => {
  it('end the guessing of one name, also by guesses at once, and fill again', async () => {
    const { verify, clock } = credentialsOfOne();
    const guesses = await Promise.all(
      Array.from({ length: 15 }, (_, i) => verify('siti', 'salah', { mac: manyMacs(i) })),
    );

    const limited = await verify('siti', 'benar', { mac: manyMacs(20) });
    clock.advance(31_000);
    const later = await verify('siti', 'benar', { mac: manyMacs(20) });

    expect(guesses.filter((code) => code === 'SW-BADCRED')).toHaveLength(10);
    expect(guesses.filter((code) => code === 'SW-LIMIT')).toHaveLength(5);
    expect([limited, later]).toEqual(['SW-LIMIT', 's1']);
  });

  it.each([
    ['one phone', 'phone', (i: number) => ({ routerId: `r${i}` }), 1],
    ['one NAS, but for a quarter,', 'nas', (i: number) => ({ mac: `AA:BB:CC:${i}` }), 3 / 4],
    ['one address', 'address', (i: number) => ({ ...LAN, mac: `AA:BB:CC:${i}` }), 1],
  ] as const)('end the guessing by %s whatever the names', async (_name, kind, change, share) => {
    const { verify } = credentialsOfOne();
    const codes: string[] = [];
    for (let i = 0; i < share * DEFAULT_BUDGETS[kind].burst + 1; i += 1) {
      codes.push(await verify(`nama${i}`, 'x', change(i)));
    }

    expect(codes.at(-1)).toBe('SW-LIMIT');
    expect(codes.slice(0, -1)).not.toContain('SW-LIMIT');
  });

  it('end the search for a voucher whose beginning is known', async () => {
    const { verify } = credentialsOfOne();
    const codes: string[] = [];
    for (let i = 0; i < DEFAULT_BUDGETS.voucher.burst + 1; i += 1) {
      const code = `ABCD-${i}`;
      codes.push(await verify(code, code, { mac: manyMacs(i) }));
    }

    expect(codes.filter((code) => code === 'SW-LIMIT')).toHaveLength(1);
  });

  it('are not touched by right answers', async () => {
    const { verify } = credentialsOfOne();
    const answers = new Set<string>();
    for (let i = 0; i < 1000; i += 1) answers.add(await verify('KODE', 'KODE'));

    expect(answers).toEqual(new Set(['v1']));
  });

  it('hold back all guessing at once, by whatever names, phones and routers; what is known gets in', async () => {
    const { verify, derived, clock } = credentialsOfOne({ work: 64 });
    const elsewhere = (i: number) => ({ mac: `AA:BB:CC:01:00:${i}`, routerId: `r${i}` });
    const codes: string[] = [];
    for (let i = 0; i < 500; i += 1) codes.push(await verify(`nama${i}`, 'x', elsewhere(i)));

    expect(codes.filter((code) => code === 'SW-BADCRED')).toHaveLength(64);
    expect(codes.filter((code) => code === 'SW-LIMIT')).toHaveLength(436);
    expect(derived()).toBe(64);
    expect(await verify('KODE', 'KODE', elsewhere(501))).toBe('v1');
    expect(await verify('siti', 'salah', elsewhere(502))).toBe('SW-LIMIT');
    clock.advance(1000);
    expect(await verify('siti', 'salah', elsewhere(503))).toBe('SW-BADCRED');
  });

  it('leave the hashing to others soon after one router began to flood', async () => {
    const { verify, clock } = credentialsOfOne({ work: 64, passwordHash: HARDENED });
    const flood = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds * 500; i += 1) {
        clock.advance(2);
        await verify(`nama${clock.now()}`, 'x', { mac: `AA:BB:CC:04:${clock.now()}` });
      }
    };
    const elsewhere = (n: number) => ({ mac: `AA:BB:CC:05:00:0${n}`, routerId: 'r2' });
    await flood(0.25);
    const early = await verify('siti', 'benar', elsewhere(1));
    await flood(1);

    expect([early, await verify('siti', 'benar', elsewhere(2))]).toEqual(['SW-LIMIT', 's1']);
  });

  it('take nothing from an address that finds the hashing used up by others', async () => {
    const { verify, clock } = credentialsOfOne({ work: 64, passwordHash: HARDENED });
    for (let i = 0; i < 100; i += 1) {
      await verify(`nama${i}`, 'x', { address: `172.16.1.${i}`, routerId: `r${i}` });
    }
    const early = await verify('siti', 'benar', LAN);
    clock.advance(100);

    expect([early, await verify('siti', 'benar', LAN)]).toEqual(['SW-LIMIT', 's1']);
  });

  it('of a NAS keep out no phone that has logged in before', async () => {
    const { verify } = credentialsOfOne();
    await verify('siti', 'benar');
    for (let i = 0; i < DEFAULT_BUDGETS.nas.burst; i += 1) {
      await verify(`nama${i}`, 'x', { mac: `AA:BB:CC:02:00:${i}` });
    }

    expect(await verify('siti', 'benar')).toBe('s1');
    expect(await verify('siti', 'benar', { mac: 'AA:BB:CC:02:00:9999' })).toBe('SW-LIMIT');
  });

  it('of a phone that is used up take nothing from its NAS', async () => {
    const { verify } = credentialsOfOne();
    for (let i = 0; i < 2 * DEFAULT_BUDGETS.nas.burst; i += 1) await verify(`nama${i}`, 'x');

    expect(await verify('siti', 'benar', { mac: 'AA:BB:CC:03:00:01' })).toBe('s1');
  });
});

describe('phones at the portal, which say themselves which phone they are', () => {
  const victim = { mac: MAC, address: '172.16.0.9' };
  const guesser = { address: '172.16.0.66' };
  let names = 0;
  const guess = async (
    { verify }: ReturnType<typeof credentialsOfOne>,
    count: number,
    change: (i: number) => Partial<GivenCredentials>,
  ): Promise<string[]> => {
    const codes: string[] = [];
    for (let i = 0; i < count; i += 1) {
      names += 1;
      codes.push(await verify(`nama${names}`, 'x', change(i)));
    }
    return codes;
  };

  it('lock nobody out by naming their MAC, at the portal or at the NAS', async () => {
    const test = credentialsOfOne();
    const codes = await guess(test, DEFAULT_BUDGETS.phone.burst + 1, () => ({
      ...guesser,
      mac: MAC,
    }));

    expect(codes.at(-1)).toBe('SW-LIMIT');
    expect(await test.verify('siti', 'benar', victim)).toBe('s1');
    expect(await test.verify('siti', 'benar', { address: null })).toBe('s1');
  });

  it('do not borrow the trust of a MAC that logged in from another address', async () => {
    const test = credentialsOfOne();
    await test.verify('siti', 'benar', victim);
    await guess(test, DEFAULT_BUDGETS.nas.burst, (i) => ({ address: `172.16.1.${i}` }));

    expect(await test.verify('siti', 'benar', { ...guesser, mac: MAC })).toBe('SW-LIMIT');
    expect(await test.verify('siti', 'benar', victim)).toBe('s1');
  });

  it('behind one address are locked by none of them', async () => {
    const test = credentialsOfOne();
    const nat = { address: '10.99.0.1' };
    await guess(test, 1000, () => ({ ...nat, mac: 'AA:BB:CC:06:00:01' }));

    expect(await test.verify('siti', 'benar', { ...nat, mac: MAC })).toBe('s1');
  });

  it('with ever new MACs from one address leave their neighbours half of the router', async () => {
    const test = credentialsOfOne();
    await guess(test, 1000, (i) => ({ ...guesser, mac: `AA:BB:CC:06:00:${i}` }));

    expect(await test.verify('siti', 'benar', victim)).toBe('s1');
  });

  it('are trusted with the names that they showed, not with those that they guess', async () => {
    const test = credentialsOfOne();
    const codes: string[] = [];
    for (let phone = 0; phone < 40; phone += 1) {
      const change = { ...guesser, mac: `AA:BB:CC:07:00:${phone}` };
      await test.verify('siti', 'benar', change);
      codes.push(...(await guess(test, 10, () => change)));
    }

    expect(codes.filter((code) => code === 'SW-BADCRED')).toHaveLength(
      DEFAULT_BUDGETS.address.burst,
    );
  });

  it('that a name has logged in on are not kept out by those who guess at the name', async () => {
    const { verify } = credentialsOfOne();
    await verify('siti', 'benar', victim);
    const codes: string[] = [];
    for (let i = 0; i < 11; i += 1) {
      codes.push(await verify('siti', 'salah', { ...guesser, mac: manyMacs(i) }));
    }

    expect(codes.at(-1)).toBe('SW-LIMIT');
    expect(await verify('siti', 'benar', victim)).toBe('s1');
  });

  it('that a name has logged in on guess at it no more often than others', async () => {
    const { verify } = credentialsOfOne();
    await verify('siti', 'benar', victim);
    const codes: string[] = [];
    for (let i = 0; i < 11; i += 1) codes.push(await verify('siti', 'salah', victim));

    expect(codes.indexOf('SW-LIMIT')).toBe(DEFAULT_BUDGETS.account.burst);
  });
});
