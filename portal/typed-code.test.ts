import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { REJECT_CODES } from './reject-codes.ts';
import { lookUpCode } from './typed-code.ts';
import type { LoginAnswer } from './types.ts';

const PHONE = { router: 'sukarami-1', mac: 'A2:00:00:00:00:01', framedIp: '127.0.0.1' };

const ask = (answer: LoginAnswer, form: (text: string) => string | null = (text) => text) =>
  lookUpCode(
    {
      store: { voucherForm: form } as Parameters<typeof lookUpCode>[0]['store'],
      radius: { authenticate: async () => answer },
      log: pino({ level: 'silent' }),
    },
    'ABCD2345EFGH',
    PHONE,
  );

describe('a typed code', () => {
  it('is a voucher where RADIUS knows it, whatever it says of it', async () => {
    const accepted = { kind: 'accept', account: { kind: 'voucher', id: 'v1' } } as const;
    const blames = new Set(['SW-BADCRED', 'SW-LIMIT', 'SW-ERROR']);
    const codes = REJECT_CODES.filter((code) => !blames.has(code));

    const answers = await Promise.all([
      ask(accepted),
      ...codes.map((code) => ask({ kind: 'reject', code, text: '' })),
    ]);
    expect(new Set(answers)).toEqual(new Set(['voucher']));
  });

  it.each([
    [{ kind: 'reject', code: 'SW-BADCRED', text: '' }, 'none'],
    [{ kind: 'reject', code: 'SW-LIMIT', text: '' }, 'limited'],
    [{ kind: 'reject', code: 'SW-ERROR', text: '' }, 'down'],
    [{ kind: 'unreachable' }, 'down'],
  ] as const)('after %j is %s: only what was looked up is blamed', async (answer, outcome) => {
    expect(await ask(answer)).toBe(outcome);
  });

  it('that cannot be one is asked about by nobody', async () => {
    expect(await ask({ kind: 'unreachable' }, () => null)).toBe('none');
  });
});
