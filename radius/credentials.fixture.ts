/** One subscriber and one voucher, whose credentials are asked for. */
import { steppedClock } from '../lib/clock.ts';
import type { InvalidationKind, Subscriber, Voucher } from '../store/types.ts';
import { type Budgets, createAttempts, DEFAULT_BUDGETS } from './attempts.ts';
import { type CredentialsDeps, createCredentials, type GivenCredentials } from './credentials.ts';
import { tariff } from './facts.fixture.ts';
import { guessStore } from './guess-store.fixture.ts';
import { createGuesses, GUESS_BUDGETS } from './guesses.ts';
import { MAC, START_MS } from './radius.fixture.ts';
import { newWarmGroup, warmPasswords } from './warm.ts';

export const manyMacs = (i: number): string => `AA:BB:CC:00:01:${10 + i}`;

const account = {
  tariff,
  villageCode: null,
  disabled: false,
  firstLoginAt: null,
  validUntil: null,
};
const voucher: Voucher = { ...account, kind: 'voucher', id: 'v1', batch: 'b', createdAt: 0 };
const tag = Buffer.alloc(32, 1);
export const HARDENED = `argon2id$${Buffer.alloc(16).toString('base64url')}$${tag.toString('base64url')}`;
export const keyOf = (secret: string): string => Buffer.from(secret).toString('hex');

const SITI = {
  ...account,
  kind: 'subscriber',
  id: 's1',
  username: 'siti',
  origin: 'operator',
} as const;
const VOUCHERS: Pick<
  CredentialsDeps['store'],
  'voucherByCode' | 'voucherCode' | 'voucherForm' | 'voucherSeal'
> = {
  voucherByCode: async (code) => (code === 'KODE' ? voucher : null),
  voucherCode: async () => 'KO-DE',
  voucherForm: (text) => (/^[A-Z]{4}$/.test(text) ? text : null),
  voucherSeal: (code) => `seal-of-${code}`,
};

const AT_ROUTER = { mac: MAC, address: null, isOutside: false, routerId: 'r1' } as const;

function budgetsWith(work: number): Budgets {
  return {
    ...DEFAULT_BUDGETS,
    work: { burst: work, perSecond: 15 },
    outsideWork: { burst: work / 4, perSecond: 15 / 4 },
  };
}

/** `siti` with the password `benar` and the voucher `KODE`; right passwords need hashing once they are hardened. */
export function credentialsOfOne({
  full = false,
  passwordHash = `k$${keyOf('benar')}`,
  kept = 'jaringan',
  work = 1e6,
  guesses = GUESS_BUDGETS.router,
} = {}) {
  const clock = steppedClock(START_MS);
  const listeners: ((kind: InvalidationKind, id: string) => void)[] = [];
  let subscriber: Subscriber = {
    ...SITI,
    passwordHash,
  };
  let derived = 0;
  const credentials = createCredentials({
    store: {
      ...VOUCHERS,
      credentialKey: keyOf,
      subscriberByUsername: async (name) => (name === 'siti' ? subscriber : null),
      networkPassword: async (id) => (id === 's1' && kept !== '' ? kept : null),
      onInvalidate: (listener) => {
        listeners.push(listener);
        return () => undefined;
      },
    },
    attempts: createAttempts(clock, budgetsWith(work)),
    guesses: createGuesses({ store: guessStore(), clock }, { ...GUESS_BUDGETS, router: guesses }),
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
    const login = { ...AT_ROUTER, username, proof, ...change };
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
