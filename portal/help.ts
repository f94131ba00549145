/** `GET /help`: whom to call and where to turn; and `GET /bye`, the page after the log-out. */
import type { Router } from '../store/types.ts';
import { callLine, callLines } from './calls.ts';
import { type Handler, type PortalDeps, placeOf, queryOf, redirectIn, sceneOf } from './context.ts';
import { type RedirectOutcome, writeRedirect } from './redirect-params.ts';
import { servletUrl } from './router-links.ts';
import { withQuery } from './urls.ts';

export function showHelp(deps: PortalDeps): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const { router, carry } = visitOf(await redirectIn(deps, req, params));
    const place = await placeOf(deps, router);
    const scene = sceneOf(req, { lang: params.get('lang'), place, path: '/help', carry });
    const { locale, t } = scene.speech;
    const { house } = place;
    const facts = {
      emergency: callLines(house.emergency, t),
      complaint: house.complaint === null ? null : callLine(house.complaint, t, 'help.complaint'),
      services: house.services,
      backUrl: withQuery('/', { ...carry, lang: locale }),
    };
    await deps.views.send({ req, res }, { name: 'help', frame: scene.frame('help.title'), facts });
  };
}

export function showBye(deps: PortalDeps): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const { router, carry } = visitOf(await redirectIn(deps, req, params));
    const place = await placeOf(deps, router);
    const scene = sceneOf(req, { lang: params.get('lang'), place, path: '/bye', carry });
    const loginUrl = router === null ? null : servletUrl(router, 'login');
    const page = { name: 'bye' as const, frame: scene.frame('bye.title'), facts: { loginUrl } };
    await deps.views.send({ req, res }, page);
  };
}

/** The router that a request names, and the parameters that links must keep to lead back. */
function visitOf(outcome: RedirectOutcome): {
  router: Router | null;
  carry: Record<string, string>;
} {
  if (outcome.kind === 'complete') {
    return { router: outcome.redirect.router, carry: writeRedirect(outcome.redirect) };
  }
  if (outcome.kind !== 'router') return { router: null, carry: {} };
  return { router: outcome.router, carry: { router: outcome.router.name } };
}
