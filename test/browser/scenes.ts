/** Every page there is, as a person comes to it: a page that is added adds a row, and every budget is asked of it. */
import type { Page } from 'playwright-core';
import { set, type TestPortal, type World } from '../../portal/portal.fixture.ts';
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

const online: Change = (world) => {
  world.session = session;
};

/** What a village has that has set everything. */
function furnish(world: World): void {
  world.session = null;
  world.routers = [router];
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

export const SCENES: readonly Scene[] = [
  { name: 'login', open: goto((lang) => redirectPath({ lang })) },
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
