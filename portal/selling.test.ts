/** Where access is sold, permit and ISP stand on every page, and none says that it is free. */
import { expect, it } from 'vitest';
import { createWorld, openTestPortal, rejecting } from './portal.fixture.ts';
import { redirectPath, redirectQuery } from './village.fixture.ts';

const selling = { permit: '91200001234560001', partner: 'PT <Contoh> Internet' };
const PAGES = [
  ...['/', '/status', '/terms', '/no-such-page', '/?router=kayu-ara-1', '/help', '/why'],
  redirectPath(),
];

it.each(PAGES)('%s names permit and partner in both languages, escaped', async (path) => {
  await using test = await openTestPortal({ selling });
  const join = path.includes('?') ? '&' : '?';
  const indonesian = await test.fetch(`${path}${join}lang=id`);
  const english = await test.fetch(`${path}${join}lang=en`);

  expect(indonesian.body).toContain(
    'Izin jual kembali 91200001234560001, mitra ISP PT &lt;Contoh&gt; Internet.',
  );
  expect(english.body).toContain('Reselling permit 91200001234560001, ISP partner');
  expect(indonesian.body).not.toMatch(/gratis/i);
  expect(english.body).not.toMatch(/\bfree\b(?! of| up)/i);
});

it.each(PAGES)('%s names none where everything is free', async (path) => {
  await using test = await openTestPortal();
  const { body } = await test.fetch(path);

  expect(body).not.toMatch(/jual kembali \d|null/);
});

it.each(['SW-EXPIRED', 'SW-FULL', 'SW-QUOTA', 'SW-BADCRED'])(
  'nor does the answer %s, where access is sold',
  async (code) => {
    const world = createWorld();
    world.answer = rejecting(code);
    await using test = await openTestPortal({ selling }, world);

    const { body } = await test.post('/login', { ...redirectQuery, voucher: 'ABCD' });

    expect(body).toContain('mitra ISP');
    expect(body).not.toMatch(/gratis/i);
  },
);

it('has a price in its terms, and in what is agreed to', async () => {
  await using sold = await openTestPortal({ selling });
  await using free = await openTestPortal();

  expect((await sold.fetch('/terms')).body).toContain('<h2>Biaya</h2>');
  expect((await free.fetch('/terms')).body).toContain('<h2>Gratis</h2>');
});
