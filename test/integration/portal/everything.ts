/** A village that offers every way in, with vouchers and an account. */
import type { Store } from '../../../store/contract.ts';
import { newRouter, newTariff, village } from '../../fixtures/rows.ts';

/** Values by field. */
export type Known = Readonly<Record<string, readonly string[]>>;

/** Gives values of each field that are in order. */
export async function seedEverything(store: Store): Promise<Known> {
  const at = Date.now();
  await store.importVillages({ villages: [village], at });
  const router = await store.addRouter({ ...newRouter, at });
  const tariff = await store.createTariff({ ...newTariff, at });
  const settings = {
    'portal.ways': 'voucher,account,click,otp,oidc',
    'portal.tariff.click': tariff.name,
    'portal.tariff.otp': tariff.name,
    'portal.tariff.self': tariff.name,
  };
  for (const [name, value] of Object.entries(settings)) {
    const place = { level: 'village', code: village.code } as const;
    await store.setSetting({ ...place, name, value, secret: false, at });
  }
  const cards = await store.createVouchers({
    tariff: tariff.name,
    count: 20,
    villageCode: null,
    batch: 'fuzz',
    at,
  });
  await store.importSubscribers({
    subscribers: [
      { username: 'siti', password: 'rahasia-1', tariff: tariff.name, villageCode: null },
    ],
    at,
  });
  return {
    router: [router.name],
    mac: Array.from({ length: 200 }, (_, i) => `AA:BB:CC:00:00:${(i + 16).toString(16)}`),
    ip: ['127.64.0.20'],
    'link-login-only': [
      `http://${router.loginHost}/login`,
      `http://${router.hotspotAddress}/login`,
    ],
    error: ['SW-QUOTA kuota habis', 'RADIUS server is not responding'],
    lang: ['id', 'en'],
    voucher: cards.map(({ code }) => code),
    username: ['siti', '0812 3456 7890'],
    password: ['rahasia-1'],
    phone: ['0812 3456 7890'],
    name: ['example.com'],
  };
}
