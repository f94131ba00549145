/** `GET /welcome`: where the router leads a phone that has just got online. */
import { callLines } from './calls.ts';
import { type Handler, type PortalDeps, placeOf, queryOf, routerIn, sceneOf } from './context.ts';
import { connectedAt, gaugesOf, sendOffline } from './status.ts';
import { withQuery } from './urls.ts';

export function showWelcome(deps: PortalDeps): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const connected = await connectedAt(deps, req);
    const router = connected === null ? await routerIn(deps, params) : connected.router;
    const place = await placeOf(deps, router);
    const carry: Record<string, string> = router === null ? {} : { router: router.name };
    const scene = sceneOf(req, { lang: params.get('lang'), place, path: '/welcome', carry });
    if (connected === null) {
      await sendOffline(deps, { req, res }, scene, { router, params, path: '/welcome' });
      return;
    }
    const { locale, t } = scene.speech;
    const facts = {
      gauges: gaugesOf(connected, scene.speech, deps.wordingIn(locale, router?.timeZone ?? null)),
      services: place.house.services,
      emergency: callLines(place.house.emergency, t),
      statusUrl: withQuery('/status', { ...carry, lang: locale }),
    };
    const page = { name: 'welcome' as const, frame: scene.frame('welcome.title'), facts };
    await deps.views.send({ req, res }, page);
  };
}
