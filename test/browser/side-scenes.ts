/** Pages beside the straight way: what is over, waits, or went wrong. */
import type { Response } from 'playwright-core';
import { NO_FACTS } from '../../portal/otp/facts.ts';
import type { PageFacts } from '../../portal/pages.ts';
import { set } from '../../portal/portal.fixture.ts';
import { redirectPath } from '../../portal/village.fixture.ts';
import { goto, online, rendered, type Scene, type Visit, waysOf } from './scene-tools.ts';

export const REGISTER = {
  hidden: [],
  reset: false,
  byVoucher: false,
  nik: 'off',
  phone: '',
  name: '',
  voucher: '',
} as const;

export const MY_DATA: PageFacts['data'] = {
  notice: null,
  isGood: true,
  hidden: [],
  who: 'Siti',
  proof: 'password',
  isCodeSent: false,
  name: 'Siti',
  profile: [{ label: 'Nomor HP', value: '0812 •••• 7890' }],
  consents: [{ label: 'Syarat dan Ketentuan', value: '24 November 2026 pukul 10.00 WIB' }],
  sessions: [{ label: '24 November 2026 pukul 09.30 WIB', value: 'sukarami-1, 30 menit, 180 MB' }],
  erasure: null,
  accountUrl: '/account',
};

/** A page with this status, or the scene shows another. */
const answered =
  (status: number, open: (visit: Visit) => Promise<Response | null>) =>
  async (visit: Visit): Promise<void> => {
    const answer = await open(visit);
    if (answer?.status() !== status) throw new Error(`${answer?.status()} instead of ${status}`);
  };

/** A form of another site (its page has no origin that is ours), or of ours, is sent there. */
const posted =
  (path: string, voucher: string, { isForeign = false } = {}) =>
  async ({ page, origin, lang }: Visit): Promise<Response> => {
    const from = `${origin}/rendered/form`;
    const to = `${path}?lang=${lang}`;
    await page.route(from, async (route) =>
      route.fulfill({
        body: `<link rel="icon" href="data:,"><form method="post" action="${to}"><input name="voucher" value="${voucher}"><button>`,
        contentType: 'text/html',
        headers: isForeign ? { 'Content-Security-Policy': 'sandbox allow-forms' } : {},
      }),
    );
    await page.goto(from);
    await page.unroute(from);
    const [answer] = await Promise.all([
      page.waitForResponse(origin + to),
      page.waitForEvent('load'),
      page.click('button'),
    ]);
    return answer;
  };

export const SIDE_SCENES: readonly Scene[] = [
  {
    // Of a village that also hears words.
    name: 'login-first-otp-word',
    open: goto(
      (lang) => redirectPath({ lang }),
      (world) => {
        world.settings = [...waysOf('otp,voucher'), set('portal.otp.number', '+628117112112')];
      },
    ),
  },
  {
    name: 'otp-over',
    isWayIn: true,
    open: rendered('otp', 'otp.title', {
      ...{ ...NO_FACTS, step: 'code', phone: '0812 •••• 7890', until: '14.05 WIB' },
      fault: {
        code: 'SW-BADCRED',
        title: 'Kode tidak berlaku lagi',
        help: 'Minta kode baru dengan tombol di bawah.',
        field: null,
      },
      otherWayUrl: '/',
    }),
  },
  {
    name: 'otp-dead-link',
    open: rendered('otp', 'otp.deadTitle', { ...NO_FACTS, step: 'dead', nextUrl: '/' }),
  },
  {
    name: 'otp-elsewhere',
    open: rendered('otp', 'otp.elsewhereTitle', { ...NO_FACTS, step: 'elsewhere' }),
  },
  {
    name: 'otp-wait',
    open: rendered('otp', 'otp.waitTitle', { ...NO_FACTS, step: 'wait', nextUrl: '/otp/go' }),
  },
  {
    name: 'register-fault',
    open: rendered('register', 'register.title', {
      ...{ ...REGISTER, fault: 'voucher', byVoucher: true, nik: 'required' },
      ...{ phone: '0812 3456 7890', name: 'Siti', voucher: 'ABCD-2345' },
    }),
  },
  {
    name: 'reset',
    isWayIn: true,
    open: rendered('register', 'register.resetTitle', { ...REGISTER, fault: null, reset: true }),
  },
  {
    name: 'my-data-erasing',
    open: rendered('data', 'account.data.title', {
      ...{ ...MY_DATA, notice: 'eraseAsked', proof: 'code', isCodeSent: false },
      erasure: 'Data Anda akan dihapus mulai 27 November 2026 pukul 10.00 WIB.',
    }),
  },
  {
    name: 'top-up-wrong',
    isWayIn: true,
    open: rendered('topup', 'topUp.title', {
      ...{ hidden: [], voucher: 'ABCD-2345', otherWayUrl: '/' },
      fault: {
        code: 'SW-BADCRED',
        title: 'Voucher ini tidak bisa dipakai',
        help: 'Periksa kodenya, atau pakai voucher lain.',
        field: { id: 'voucher', link: 'Perbaiki kode voucher' },
      },
    }),
  },
  {
    // The camera of a phone that is not on our WiFi.
    name: 'join-scanned',
    open: goto((lang) => `/v/ABCD2345EFGH.acdefghjkm?lang=${lang}`),
  },
  {
    name: 'foreign-form',
    open: answered(403, posted('/login', 'x', { isForeign: true })),
  },
  { name: 'too-large', open: answered(413, posted('/login', 'x'.repeat(5000))) },
  {
    name: 'fault',
    open: answered(
      500,
      goto(
        (lang) => `/status?lang=${lang}`,
        (world) => {
          online(world);
          world.usageOf = () => {
            throw new Error('the store is away');
          };
        },
      ),
    ),
  },
];
