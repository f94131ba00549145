/** What the rows of scenes.ts are made of: a phone that goes somewhere, a template as it is filled, a whole village. */
import type { Page, Response } from 'playwright-core';
import { createFrame, speak } from '../../portal/frame.ts';
import { PLAIN_HOUSE } from '../../portal/house.ts';
import type { TextKey } from '../../portal/i18n.ts';
import type { PageFacts, PageName } from '../../portal/pages.ts';
import { set, type TestPortal, type World } from '../../portal/portal.fixture.ts';
import { loadViews } from '../../portal/views.ts';
import { redirectPath, router, session, usage, village } from '../../portal/village.fixture.ts';
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
  open(visit: Visit): Promise<unknown>;
}

export type Change = (world: World) => void;

export const goto =
  (path: (lang: string) => string, change: Change = () => {}) =>
  async (visit: Visit): Promise<Response | null> => {
    furnish(visit.test.world);
    change(visit.test.world);
    return visit.page.goto(visit.origin + path(visit.lang));
  };

export const waysOf = (ways: string) => [
  set('portal.ways', ways),
  ...['click', 'otp', 'oidc'].map((way) => set(`portal.tariff.${way}`, 'tamu')),
];

/** The login page of a phone that has agreed to nothing yet; the first of the ways stands open. */
export const first = (ways: string) =>
  goto(
    (lang) => redirectPath({ lang }),
    (world) => {
      world.consented = false;
      world.settings = waysOf(ways);
    },
  );

/** A step that a form far behind leads to: its template as it is filled, in the frame of the village. */
export const rendered =
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

export const online: Change = (world) => {
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
  delete world.usageOf;
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
