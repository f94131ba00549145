import { describe, expect, it } from 'vitest';
import { credentialsOfOne, HARDENED, keyOf, manyMacs } from './credentials.fixture.ts';
import type { Proof } from './proof.ts';

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

describe('credentials', () => {
  it('know a subscriber before and after hardening, and a voucher by its code alone', async () => {
    const { verify, change } = credentialsOfOne();

    const imported = await verify('siti', 'benar');
    change(HARDENED);
    const hardened = await verify('siti', 'benar');

    expect([imported, hardened, await verify('KODE', 'KODE')]).toEqual(['s1', 's1', 'v1']);
  });

  it('do not take a voucher code with another password', async () => {
    const { verify } = credentialsOfOne();

    expect(await verify('KODE', 'kode')).toBe('SW-BADCRED');
  });

  it.each([
    ['an unknown name', 'nobody', 'x'],
    ['an unknown code', 'XXXX', 'XXXX'],
    ['a wrong imported password', 'siti', 'salah'],
  ])('do the work of one hash for %s', async (_name, username, password) => {
    const { verify, derived } = credentialsOfOne();

    expect(await verify(username, password)).toBe('SW-BADCRED');
    expect(derived()).toBe(1);
  });

  it('do the work once for a password that stays right, again after its subscriber changed', async () => {
    const { verify, derived, invalidate } = credentialsOfOne({ passwordHash: HARDENED });
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
    const { verify, change } = credentialsOfOne({ passwordHash: HARDENED });
    await verify('siti', 'benar');
    change(`k$${keyOf('baru')}`);

    expect(await verify('siti', 'benar')).toBe('SW-BADCRED');
  });

  it('answer SW-ERROR when the queue of the hasher is full, and charge nothing for it', async () => {
    const { verify } = credentialsOfOne({ full: true, passwordHash: HARDENED });
    const answers = new Set<string>();
    for (let i = 0; i < 30; i += 1) answers.add(await verify('siti', 'benar'));

    expect(answers).toEqual(new Set(['SW-ERROR']));
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
    const { verify } = credentialsOfOne(options);

    expect(await verify(username, '', { proof: response(password) })).toBe(expected);
  });

  it('is checked as often for an unknown name as for a known one', async () => {
    const { verify } = credentialsOfOne();
    const [unknown, wrong, voucher] = [response('x'), response('x'), response('x')];
    await verify('nobody', '', { proof: unknown });
    await verify('siti', '', { proof: wrong });
    await verify('KODE', '', { proof: voucher });

    expect([unknown, wrong, voucher].map(({ asked }) => asked.length)).toEqual([2, 2, 2]);
    expect(unknown.asked[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('pays from the budgets', async () => {
    const { verify } = credentialsOfOne();
    const codes: string[] = [];
    for (let i = 0; i < 11; i += 1) {
      codes.push(await verify('siti', '', { proof: response('salah'), mac: manyMacs(i) }));
    }

    expect(codes.at(-1)).toBe('SW-LIMIT');
    expect(codes.slice(0, -1)).not.toContain('SW-LIMIT');
  });

  it('look no code up once its router has spent its guesses, but those that a phone has shown before', async () => {
    const { verify } = credentialsOfOne({ guesses: { burst: 6, refillMs: 60_000 } });
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
    const { verify } = credentialsOfOne({ guesses: { burst: 0, refillMs: 60_000 } });

    const sealed = await verify('KODE', 'KODE.seal-of-KODE');

    expect([sealed, await verify('KODE', 'KODE.seal-of-OTHER')]).toEqual(['v1', 'SW-BADCRED']);
    expect(await verify('KODE', 'KODE')).toBe('SW-LIMIT');
  });
});
