import { describe, expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import type { InvalidationKind, Subscriber, Voucher } from '../store/types.ts';
import { createAttempts, DEFAULT_BUDGETS } from './attempts.ts';
import { createCredentials, type GivenCredentials } from './credentials.ts';
import { tariff } from './facts.fixture.ts';
import { guessStore } from './guess-store.fixture.ts';
import { createGuesses, GUESS_BUDGET } from './guesses.ts';
import type { Proof } from './proof.ts';
import { MAC, START_MS } from './radius.fixture.ts';
import { newWarmGroup, warmPasswords } from './warm.ts';

const account = {
  tariff,
  villageCode: null,
  disabled: false,
  firstLoginAt: null,
  validUntil: null,
};
const voucher: Voucher = { ...account, kind: 'voucher', id: 'v1', batch: 'b', createdAt: 0 };
const tag = Buffer.alloc(32, 1);
const HARDENED = `argon2id$${Buffer.alloc(16).toString('base64url')}$${tag.toString('base64url')}`;
const keyOf = (secret: string): string => Buffer.from(secret).toString('hex');

/** As CHAP sees it: right for one password, whoever asks. */
function response(password: string): Proof & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    kind: 'challenge',
    asked,
    check: (given) => {
      asked.push(given);
      return given === password ? [['Reply-Message', 'ok']] : null;
    },
    refusal: () => [],
  };
}

function setup({
  full = false,
  passwordHash = `k$${keyOf('benar')}`,
  kept = 'jaringan',
  work = 1e6,
  guesses = GUESS_BUDGET,
} = {}) {
  const clock = steppedClock(START_MS);
  const listeners: ((kind: InvalidationKind, id: string) => void)[] = [];
  let subscriber: Subscriber = {
    ...account,
    kind: 'subscriber',
    id: 's1',
    username: 'siti',
    origin: 'operator',
    passwordHash,
  };
  let derived = 0;
  const credentials = createCredentials({
    store: {
      credentialKey: keyOf,
      subscriberByUsername: async (name) => (name === 'siti' ? subscriber : null),
      voucherByCode: async (code) => (code === 'KODE' ? voucher : null),
      voucherCode: async () => 'KO-DE',
      voucherForm: (text) => (/^[A-Z]{4}$/.test(text) ? text : null),
      voucherSeal: (code) => `seal-of-${code}`,
      networkPassword: async (id) => (id === 's1' && kept !== '' ? kept : null),
      onInvalidate: (listener) => {
        listeners.push(listener);
        return () => undefined;
      },
    },
    attempts: createAttempts(clock, { ...DEFAULT_BUDGETS, work: { burst: work, perSecond: 15 } }),
    guesses: createGuesses({ store: guessStore(), clock }, guesses),
    warm: warmPasswords(newWarmGroup()),
    hasher: {
      derive: (k) => {
        if (full) return null;
        derived += 1;
        return Promise.resolve(k === keyOf('benar') ? tag : Buffer.alloc(32));
      },
    },
  });
  const verify = async (
    username: string,
    password: string,
    change: Partial<GivenCredentials> = {},
  ): Promise<string> => {
    const proof = { kind: 'password', password } as const;
    const login = { username, proof, mac: MAC, routerId: 'r1', ...change };
    const verdict = await credentials.verify(login);
    return verdict.kind === 'known' ? verdict.account.id : verdict.code;
  };
  return {
    verify,
    clock,
    derived: () => derived,
    change: (hash: string): void => {
      subscriber = { ...subscriber, passwordHash: hash };
    },
    invalidate: (id: string): void => {
      for (const listener of listeners) listener('subscriber', id);
    },
  };
}

describe('credentials', () => {
  it('know a subscriber before and after hardening, and a voucher by its code alone', async () => {
    const { verify, change } = setup();

    const imported = await verify('siti', 'benar');
    change(HARDENED);
    const hardened = await verify('siti', 'benar');

    expect([imported, hardened, await verify('KODE', 'KODE')]).toEqual(['s1', 's1', 'v1']);
  });

  it('do not take a voucher code with another password', async () => {
    const { verify } = setup();

    expect(await verify('KODE', 'kode')).toBe('SW-BADCRED');
  });

  it.each([
    ['an unknown name', 'nobody', 'x'],
    ['an unknown code', 'XXXX', 'XXXX'],
    ['a wrong imported password', 'siti', 'salah'],
  ])('do the work of one hash for %s', async (_name, username, password) => {
    const { verify, derived } = setup();

    expect(await verify(username, password)).toBe('SW-BADCRED');
    expect(derived()).toBe(1);
  });

  it('do the work once for a password that stays right, again after its subscriber changed', async () => {
    const { verify, derived, invalidate } = setup({ passwordHash: HARDENED });
    const runs: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      await verify('siti', 'benar');
      runs.push(derived());
    }
    for (const id of ['other', 's1', '*']) {
      invalidate(id);
      await verify('siti', 'benar');
      runs.push(derived());
    }

    expect(runs).toEqual([1, 1, 1, 1, 2, 2]);
  });

  it('forget a warm password whose row changed, even before they are told', async () => {
    const { verify, change } = setup({ passwordHash: HARDENED });
    await verify('siti', 'benar');
    change(`k$${keyOf('baru')}`);

    expect(await verify('siti', 'benar')).toBe('SW-BADCRED');
  });

  it('answer SW-ERROR when the queue of the hasher is full, and charge nothing for it', async () => {
    const { verify } = setup({ full: true, passwordHash: HARDENED });
    const answers = new Set<string>();
    for (let i = 0; i < 30; i += 1) answers.add(await verify('siti', 'benar'));

    expect(answers).toEqual(new Set(['SW-ERROR']));
  });
});

const manyMacs = (i: number): string => `AA:BB:CC:00:01:${10 + i}`;

describe('attempt budgets', () => {
  it('end the guessing of one name, also by guesses at once, and fill again', async () => {
    const { verify, clock } = setup();
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
    ['one phone', 'mac', (i: number) => ({ routerId: `r${i}` })],
    ['one NAS', 'nas', (i: number) => ({ mac: `AA:BB:CC:${i}` })],
  ] as const)('end the guessing by %s, whatever the names', async (_name, kind, change) => {
    const { verify } = setup();
    const codes: string[] = [];
    for (let i = 0; i < DEFAULT_BUDGETS[kind].burst + 1; i += 1) {
      codes.push(await verify(`nama${i}`, 'x', change(i)));
    }

    expect(codes.at(-1)).toBe('SW-LIMIT');
    expect(codes.slice(0, -1)).not.toContain('SW-LIMIT');
  });

  it('end the search for a voucher whose beginning is known', async () => {
    const { verify } = setup();
    const codes: string[] = [];
    for (let i = 0; i < DEFAULT_BUDGETS.voucher.burst + 1; i += 1) {
      const code = `ABCD-${i}`;
      codes.push(await verify(code, code, { mac: manyMacs(i) }));
    }

    expect(codes.filter((code) => code === 'SW-LIMIT')).toHaveLength(1);
  });

  it('are not touched by right answers', async () => {
    const { verify } = setup();
    const answers = new Set<string>();
    for (let i = 0; i < 1000; i += 1) answers.add(await verify('KODE', 'KODE'));

    expect(answers).toEqual(new Set(['v1']));
  });

  it('hold back all guessing at once, by whatever names, phones and routers; what is known gets in', async () => {
    const { verify, derived, clock } = setup({ work: 64 });
    const elsewhere = (i: number) => ({ mac: `AA:BB:CC:01:00:${i}`, routerId: `r${i}` });
    const codes: string[] = [];
    for (let i = 0; i < 500; i += 1) codes.push(await verify(`nama${i}`, 'x', elsewhere(i)));

    expect(codes.filter((code) => code === 'SW-BADCRED')).toHaveLength(64);
    expect(codes.filter((code) => code === 'SW-LIMIT')).toHaveLength(436);
    expect(derived()).toBe(64);
    expect(await verify('KODE', 'KODE', elsewhere(501))).toBe('v1');
    expect(await verify('siti', 'salah', elsewhere(502))).toBe('SW-LIMIT');
    clock.advance(1000);
    expect(await verify('siti', 'salah', elsewhere(502))).toBe('SW-BADCRED');
  });

  it('leave the hashing to others soon after one router began to flood', async () => {
    const { verify, clock } = setup({ work: 64, passwordHash: HARDENED });
    const flood = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds * 500; i += 1) {
        clock.advance(2);
        await verify(`nama${clock.now()}`, 'x', { mac: `AA:BB:CC:04:${clock.now()}` });
      }
    };
    const elsewhere = { mac: 'AA:BB:CC:05:00:01', routerId: 'r2' };
    await flood(0.5);
    const early = await verify('siti', 'benar', elsewhere);
    await flood(1);

    expect([early, await verify('siti', 'benar', elsewhere)]).toEqual(['SW-LIMIT', 's1']);
  });

  it('of a NAS keep out no phone that has logged in before', async () => {
    const { verify } = setup();
    await verify('siti', 'benar');
    for (let i = 0; i < DEFAULT_BUDGETS.nas.burst; i += 1) {
      await verify(`nama${i}`, 'x', { mac: `AA:BB:CC:02:00:${i}` });
    }

    expect(await verify('siti', 'benar')).toBe('s1');
    expect(await verify('siti', 'benar', { mac: 'AA:BB:CC:02:00:9999' })).toBe('SW-LIMIT');
  });

  it('of a phone that is used up take nothing from its NAS', async () => {
    const { verify } = setup();
    for (let i = 0; i < 2 * DEFAULT_BUDGETS.nas.burst; i += 1) await verify(`nama${i}`, 'x');

    expect(await verify('siti', 'benar', { mac: 'AA:BB:CC:03:00:01' })).toBe('s1');
  });
});

describe('a response to a challenge', () => {
  it.each([
    ['of a kept network password', 'siti', 'jaringan', {}, 's1'],
    ['of a voucher, as printed', 'KODE', 'KO-DE', {}, 'v1'],
    ['of a voucher, as typed', 'KODE', 'KODE', {}, 'v1'],
    ['of another password', 'siti', 'benar', {}, 'SW-BADCRED'],
    ['of an account that keeps none', 'siti', 'jaringan', { kept: '' }, 'SW-BADCRED'],
    ['of an unknown name', 'nobody', 'nobody', {}, 'SW-BADCRED'],
  ])('%s', async (_name, username, password, options, expected) => {
    const { verify } = setup(options);

    expect(await verify(username, '', { proof: response(password) })).toBe(expected);
  });

  it('is checked as often for an unknown name as for a known one', async () => {
    const { verify } = setup();
    const [unknown, wrong, voucher] = [response('x'), response('x'), response('x')];
    await verify('nobody', '', { proof: unknown });
    await verify('siti', '', { proof: wrong });
    await verify('KODE', '', { proof: voucher });

    expect([unknown, wrong, voucher].map(({ asked }) => asked.length)).toEqual([2, 2, 2]);
    expect(unknown.asked[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('pays from the budgets', async () => {
    const { verify } = setup();
    const codes: string[] = [];
    for (let i = 0; i < 11; i += 1) {
      codes.push(await verify('siti', '', { proof: response('salah'), mac: manyMacs(i) }));
    }

    expect(codes.at(-1)).toBe('SW-LIMIT');
    expect(codes.slice(0, -1)).not.toContain('SW-LIMIT');
  });

  it('look no code up once its router has spent its guesses, but those that a phone has shown before', async () => {
    const { verify } = setup({ guesses: { burst: 5, refillMs: 60_000 } });
    await verify('KODE', 'KODE');
    const guess = (i: number) => {
      const code = `AAA${String.fromCharCode(65 + i)}`;
      return verify(code, code, { mac: `AA:BB:CC:02:00:0${i}` });
    };

    const guessed = [];
    for (let i = 0; i < 6; i += 1) guessed.push(await guess(i));

    expect(guessed.slice(-2)).toEqual(['SW-BADCRED', 'SW-LIMIT']);
    expect(await verify('KODE', 'KODE', { mac: 'AA:BB:CC:02:00:09' })).toBe('SW-LIMIT');
    expect(await verify('KODE', 'KODE')).toBe('v1');
    expect(await verify('KODE', 'KODE', { routerId: 'r2', mac: null })).toBe('v1');
  });

  it('take the code of a printed QR by its seal, which costs no guess', async () => {
    const { verify } = setup({ guesses: { burst: 0, refillMs: 60_000 } });

    const sealed = await verify('KODE', 'KODE.seal-of-KODE');

    expect([sealed, await verify('KODE', 'KODE.seal-of-OTHER')]).toEqual(['v1', 'SW-BADCRED']);
    expect(await verify('KODE', 'KODE')).toBe('SW-LIMIT');
  });
});
