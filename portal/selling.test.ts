/** Where access is sold, permit and ISP stand on every page, and none says that it is free. */
import { expect, it } from 'vitest';
import { openTestPortal } from './portal.fixture.ts';

const selling = { permit: '91200001234560001', partner: 'PT <Contoh> Internet' };
const PAGES = ['/', '/status', '/terms', '/no-such-page', '/?router=kayu-ara-1'];

it.each(PAGES)('%s names permit and partner in both languages, escaped', async (path) => {
  await using test = await openTestPortal({ selling });
  const join = path.includes('?') ? '&' : '?';
  const indonesian = await test.fetch(`${path}${join}lang=id`);
  const english = await test.fetch(`${path}${join}lang=en`);

  expect(indonesian.body).toContain(
    'Izin jual kembali 91200001234560001, mitra ISP PT &lt;Contoh&gt; Internet.',
  );
  expect(english.body).toContain('Reselling permit 91200001234560001, ISP partner');
  expect(indonesian.body).not.toContain('Gratis untuk warga');
});

it.each(PAGES)('%s names none where everything is free', async (path) => {
  await using test = await openTestPortal();
  const { body } = await test.fetch(path);

  expect(body).not.toMatch(/jual kembali \d|null/);
});
