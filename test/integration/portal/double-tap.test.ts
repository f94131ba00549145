/** Two taps at the very same moment: one message goes out, and the page to type its code is there. */
import { expect, it } from 'vitest';
import { openOtpStand } from './otp-stand.ts';

it('asks for one code to the own number, whichever of two taps comes first', async () => {
  await using stand = await openOtpStand();
  const at = stand.portal.clock.now();
  const citizen = await stand.store.ensureCitizen({
    ...{ origin: 'otp', key: '+6281277700001', phone: '+6281277700001' },
    ...{ tariff: 'harian', villageCode: null, at },
  });
  await stand.goOnline(citizen);
  const page = await stand.portal.fetch('/account/data');
  const fields = stand.form(page, '/account/code');

  const taps = await Promise.all([1, 2].map(() => stand.portal.post('/account/code', fields)));

  expect(taps.map(({ status }) => status)).toContain(200);
  expect(stand.provider.received).toHaveLength(1);
});
