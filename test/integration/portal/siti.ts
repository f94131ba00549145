/** A citizen with an account of her own, and who sends her codes. */
import type { CodeSender, CodeStanding } from '../../../portal/otp/code.ts';
import { START_MS } from '../../../portal/village.fixture.ts';
import type { Subscriber } from '../../../store/types.ts';
import type { CitizenStand } from './citizen-stand.ts';

export const PHONE = '+6281234567890';
export const PASSWORD = 'rumah biru 7';
export const TICKED = { boxes: '1', terms: '1', data: '1' };

/** Knows one code; remembers to whom one was sent. */
export function sender(sent: string[]): CodeSender {
  let phone: `+${string}` = '+62';
  let standing: CodeStanding | null = null;
  return {
    send: async (request) => {
      ({ phone } = request);
      if (typeof request.ticketId === 'function') await request.ticketId();
      sent.push(`${request.purpose} ${phone}`);
      const times = { triesLeft: 5, expiresAt: 0, resendAt: 0, proven: false };
      standing = { phone, purpose: request.purpose, ...times };
      return { kind: 'sent', standing };
    },
    check: async ({ typed }) =>
      typed === '123456' ? { kind: 'right', phone } : { kind: 'wrong', triesLeft: 4 },
    standing: async () => standing,
  };
}

export async function citizen(stand: CitizenStand): Promise<Subscriber> {
  const made = await stand.store.ensureCitizen({
    origin: 'self',
    key: PHONE,
    phone: PHONE,
    displayName: 'Siti',
    tariff: 'harian',
    villageCode: null,
    at: START_MS,
  });
  await stand.store.setPassword({ subscriberId: made.id, password: PASSWORD, at: START_MS });
  return (await stand.store.subscriberByUsername(PHONE))!;
}
