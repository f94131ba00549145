/** Every page there is, as a person comes to it: a page that is added adds a row, and every budget is asked of it. */
import { NO_FACTS } from '../../portal/otp/facts.ts';
import { redirectPath, router, START_MS, session, usage } from '../../portal/village.fixture.ts';
import { first, goto, online, rendered, type Scene, waysOf } from './scene-tools.ts';
import { MY_DATA, REGISTER, SIDE_SCENES } from './side-scenes.ts';

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
    open: rendered('data', 'account.data.title', MY_DATA),
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
  ...SIDE_SCENES,
];
