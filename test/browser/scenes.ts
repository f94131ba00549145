/** Every page there is, as a person comes to it: a page that is added adds a row, and every budget is asked of it. */
import type { Page } from 'playwright-core';
import { createFrame, speak } from '../../portal/frame.ts';
import { PLAIN_HOUSE } from '../../portal/house.ts';
import type { TextKey } from '../../portal/i18n.ts';
import { NO_FACTS } from '../../portal/otp/facts.ts';
import type { PageFacts, PageName } from '../../portal/pages.ts';
import { set, type TestPortal, type World } from '../../portal/portal.fixture.ts';
import { loadViews } from '../../portal/views.ts';
import {
  redirectPath,
  router,
  START_MS,
  session,
  usage,
  village,
} from '../../portal/village.fixture.ts';
import type { Announcement } from '../../store/types.ts';

export interface Visit {
  readonly page: Page;
  readonly test: TestPortal;
  readonly origin: string;
  readonly lang: string;
}

export interface Scene {
  /** Also the name of its screenshots. */
  readonly name: string;
  /** A step of a login: all of it must be seen at once. */
  readonly isWayIn?: boolean;
  open(visit: Visit): Promise<void>;
}

type Change = (world: World) => void;

const goto =
  (path: (lang: string) => string, change: Change = () => {}) =>
  async (visit: Visit) => {
    furnish(visit.test.world);
    change(visit.test.world);
    await visit.page.goto(visit.origin + path(visit.lang));
  };

const waysOf = (ways: string) => [
  set('portal.ways', ways),
  ...['click', 'otp', 'oidc'].map((way) => set(`portal.tariff.${way}`, 'tamu')),
];

/** The login page of a phone that has agreed to nothing yet; the first of the ways stands open. */
const first = (ways: string) =>
  goto(
    (lang) => redirectPath({ lang }),
    (world) => {
      world.consented = false;
      world.settings = waysOf(ways);
    },
  );

/** A step that a form far behind leads to: its template as it is filled, in the frame of the village. */
const rendered =
  <N extends PageName>(name: N, titleKey: TextKey, facts: PageFacts[N]) =>
  async ({ page, origin, lang }: Visit) => {
    const views = await loadViews();
    const place = { where: WHERE, house: PLAIN_HOUSE, announcements: [], selling: null };
    const request = { lang, acceptLanguage: undefined, place, path: '/', carry: {} };
    const frame = createFrame(speak(request), request, titleKey);
    const body = views.render(name, frame, facts);
    const url = `${origin}/rendered/${name}`;
    await page.route(url, async (route) =>
      route.fulfill({ body, contentType: 'text/html; charset=utf-8' }),
    );
    await page.goto(url);
    await page.unroute(url);
  };

const WHERE = {
  kind: village.kind,
  village: village.name,
  district: village.districtName,
  regency: village.regencyName,
};

const online: Change = (world) => {
  world.session = session;
};

/** What a village has that has set everything. */
function furnish(world: World): void {
  world.session = null;
  world.consented = true;
  const { name: villageName, districtName } = world.village;
  world.routers = [{ ...router, villageName, districtName }];
  world.usage = usage;
  world.lastSession = null;
  world.state = null;
  world.settings = FURNISHED;
  world.announcements = ANNOUNCED;
}

const FURNISHED = [
  set('portal.complaint', '0811-7112-112'),
  set(
    'portal.services',
    'Pengaduan warga=https://lapor.example.go.id,Cek bansos=https://bansos.example.go.id',
  ),
];
const ANNOUNCED: readonly Announcement[] = [
  {
    id: 'a1',
    level: 'village',
    code: village.code,
    kind: 'news',
    text: 'Posyandu balita: Jumat 27 November, pukul 08.00, di balai desa.',
    textEn: 'Health post for toddlers: Friday 27 November, 8:00, at the village hall.',
    from: null,
    until: null,
    position: 1,
    createdAt: 0,
  },
];

const REGISTER = {
  hidden: [],
  reset: false,
  byVoucher: false,
  nik: 'off',
  phone: '',
  name: '',
  voucher: '',
} as const;
const PHONES = [
  {
    handle: 'h1',
    name: 'HP Android',
    state: 'Tersambung sejak 24 November 2026 pukul 09.30 WIB',
    isThis: true,
  },
  {
    handle: 'h2',
    name: 'Laptop Windows',
    state: 'Diingat sampai 24 Desember 2026 pukul 08.00 WIB',
    isThis: false,
  },
];
const NO_BOXES = { shown: true, terms: false, data: false, minor: false };

export const SCENES: readonly Scene[] = [
  {
    // A phone that was here before: the texts are agreed to.
    name: 'login',
    isWayIn: true,
    open: goto(
      (lang) => redirectPath({ lang }),
      (world) => {
        world.lastSession = { ...session, state: 'closed' };
      },
    ),
  },
  { name: 'quota', open: goto((lang) => redirectPath({ lang, error: 'SW-QUOTA habis' })) },
  {
    name: 'wrong-code',
    open: async (visit) => {
      await goto((lang) => redirectPath({ lang }))(visit);
      await visit.page.fill('#voucher', 'abcd 2345');
      await visit.page.click('form:has(#voucher) button');
    },
  },
  {
    name: 'wrong-password',
    open: async (visit) => {
      await goto((lang) => redirectPath({ lang }))(visit);
      await visit.page.click('summary');
      await visit.page.fill('#username', 'budi');
      await visit.page.fill('#password', 'rahasia');
      await visit.page.click('form:has(#username) button');
    },
  },
  { name: 'login-first-voucher', isWayIn: true, open: first('voucher,account') },
  { name: 'login-first-account', isWayIn: true, open: first('account,voucher') },
  { name: 'login-first-click', isWayIn: true, open: first('click,voucher,account') },
  { name: 'login-first-otp', isWayIn: true, open: first('otp,voucher,oidc') },
  { name: 'login-first-oidc', isWayIn: true, open: first('oidc,voucher') },
  {
    name: 'login-ways',
    isWayIn: true,
    open: goto(
      (lang) => redirectPath({ lang }),
      (world) => {
        world.settings = waysOf('click,voucher,account');
      },
    ),
  },
  {
    name: 'consent',
    isWayIn: true,
    open: rendered('consent', 'consent.title', {
      hidden: [],
      boxes: NO_BOXES,
      fault: 'boxes',
      parent: null,
      remember: { ticked: false, days: 30 },
      otherUrl: '/',
    }),
  },
  {
    name: 'consent-parent',
    isWayIn: true,
    open: rendered('consent', 'consent.title', {
      hidden: [],
      boxes: { ...NO_BOXES, terms: true, data: true, minor: true },
      fault: null,
      parent: 'phone',
      remember: null,
      otherUrl: '/',
    }),
  },
  {
    name: 'otp-phone',
    isWayIn: true,
    open: rendered('otp', 'otp.title', { ...NO_FACTS, step: 'phone', byMessage: true }),
  },
  {
    name: 'otp-code',
    isWayIn: true,
    open: rendered('otp', 'otp.title', {
      ...NO_FACTS,
      step: 'code',
      phone: '0812 •••• 7890',
      until: '14.05 WIB',
      resendIn: 60,
      graceMinutes: 5,
      otherWayUrl: '/',
    }),
  },
  {
    name: 'otp-word',
    open: rendered('otp', 'otp.title', {
      ...NO_FACTS,
      step: 'word',
      word: 'MUBA 4821',
      number: '0811-7112-112',
      waUrl: 'https://wa.me/628117112112?text=MUBA',
      nextUrl: '/otp',
    }),
  },
  {
    name: 'otp-link',
    isWayIn: true,
    open: rendered('otp', 'otp.title', { ...NO_FACTS, step: 'link' }),
  },
  {
    name: 'register',
    open: rendered('register', 'register.title', {
      ...REGISTER,
      fault: null,
      nik: 'optional',
    }),
  },
  {
    name: 'register-code',
    isWayIn: true,
    open: rendered('otp', 'otp.codeTitle', {
      ...{ ...NO_FACTS, step: 'code', isRegister: true, phone: '0812 •••• 7890' },
      ...{ until: '14.05 WIB', resendIn: 60, graceMinutes: 4, otherWayUrl: '/' },
    }),
  },
  {
    name: 'account',
    open: rendered('account', 'account.title', {
      notice: 'topUpAdded',
      isGood: true,
      hidden: [],
      who: 'Siti',
      phones: PHONES,
      days: [{ label: 'Sel, 24 Nov', value: '380 MB, 1 jam 30 menit' }],
      weeks: [{ label: 'Minggu mulai Sen, 23 Nov', value: '1,4 GB, 6 jam 10 menit' }],
      mayTopUp: true,
      voucher: '',
      mayChangePassword: true,
      numberUrl: '/account/number',
      dataUrl: '/account/data',
      statusUrl: '/status',
    }),
  },
  {
    name: 'new-number',
    open: rendered('number', 'number.title', {
      ...{ notice: 'numberWrong', isGood: false, hidden: [], who: 'Siti', step: 'ask' },
      ...{ proof: 'password', isCodeSent: false, phone: '0711 123456', accountUrl: '/account' },
    }),
  },
  {
    name: 'my-data',
    open: rendered('data', 'account.data.title', {
      notice: null,
      isGood: true,
      hidden: [],
      who: 'Siti',
      proof: 'password',
      isCodeSent: false,
      name: 'Siti',
      profile: [{ label: 'Nomor HP', value: '0812 •••• 7890' }],
      consents: [{ label: 'Syarat dan Ketentuan', value: '24 November 2026 pukul 10.00 WIB' }],
      sessions: [
        { label: '24 November 2026 pukul 09.30 WIB', value: 'sukarami-1, 30 menit, 180 MB' },
      ],
      erasure: null,
      accountUrl: '/account',
    }),
  },
  {
    name: 'choose-password',
    isWayIn: true,
    open: rendered('choose', 'choose.title', { hidden: [], fault: 'password.short' }),
  },
  {
    name: 'release',
    open: rendered('release', 'account.release.title', { hidden: [], phones: PHONES }),
  },
  {
    name: 'top-up',
    isWayIn: true,
    open: rendered('topup', 'topUp.title', {
      ...{ hidden: [], voucher: '', otherWayUrl: '/' },
      fault: {
        code: 'SW-QUOTA',
        title: 'Kuota sudah habis',
        help: 'Kuota harian baru ada besok pukul 00.00 WIB.',
        field: null,
      },
    }),
  },
  { name: 'join', open: goto((lang) => `/?router=${router.name}&lang=${lang}`) },
  { name: 'bad-redirect', open: goto((lang) => redirectPath({ lang, mac: 'x' })) },
  {
    name: 'connecting',
    open: goto((lang) => `/welcome?router=${router.name}&wait=1&lang=${lang}`),
  },
  { name: 'welcome', open: goto((lang) => `/welcome?lang=${lang}`, online) },
  { name: 'not-connected', open: goto((lang) => `/status?router=${router.name}&lang=${lang}`) },
  { name: 'status', open: goto((lang) => `/status?lang=${lang}`, online) },
  { name: 'bye', open: goto((lang) => `/bye?router=${router.name}&lang=${lang}`) },
  { name: 'help', open: goto((lang) => `/help?router=${router.name}&lang=${lang}`) },
  {
    name: 'why-quota',
    open: goto(
      (lang) => `/why?router=${router.name}&lang=${lang}`,
      (world) => {
        world.lastSession = { ...session, state: 'closed', stopCause: 'Data-Limit' };
        world.usage = { ...usage, dayOctets: 1e9, open: [] };
        world.routers = [{ ...router, lanSubnet: '127.0.0.0/8' }];
      },
    ),
  },
  {
    name: 'why-down',
    open: goto(
      (lang) => `/why?router=${router.name}&lang=${lang}`,
      (world) => {
        world.state = { state: 'down', cause: 'link', since: START_MS - 5_400_000 };
      },
    ),
  },
  { name: 'why-online', open: goto((lang) => `/why?lang=${lang}`, online) },
  {
    name: 'outage',
    open: goto(
      (lang) => `/?router=${router.name}&lang=${lang}`,
      (world) => {
        world.state = { state: 'down', cause: 'link', since: START_MS - 5_400_000 };
      },
    ),
  },
  { name: 'blocked', open: goto((lang) => `/blocked?name=judi-slot.example&lang=${lang}`) },
  { name: 'appeal', open: goto((lang) => `/blocked?name=judi-slot.example&lang=${lang}`, online) },
  { name: 'appealed', open: goto((lang) => `/blocked?name=judi-slot.example&sent=1&lang=${lang}`) },
  { name: 'terms', open: goto((lang) => `/terms?router=${router.name}&lang=${lang}`) },
  { name: 'privacy', open: goto((lang) => `/privacy?router=${router.name}&lang=${lang}`) },
  { name: 'not-found', open: goto((lang) => `/nowhere?lang=${lang}`) },
];
