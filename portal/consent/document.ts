/** `GET /terms`, `GET /privacy`: the texts that are agreed to, whole. */
import {
  type Handler,
  type PortalDeps,
  placeOf,
  queryOf,
  redirectIn,
  sceneOf,
} from '../context.ts';
import { writeRedirect } from '../redirect-params.ts';
import { withQuery } from '../urls.ts';
import { type DocumentName, legalFactsAt, legalTexts, sectionsOf } from './texts.ts';

export function showDocument(deps: PortalDeps, name: DocumentName): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const outcome = await redirectIn(deps, req, params);
    const router =
      outcome.kind === 'complete'
        ? outcome.redirect.router
        : outcome.kind === 'router'
          ? outcome.router
          : null;
    // The way back must still know the phone: a mini-browser keeps nothing itself.
    const carry: Record<string, string> =
      outcome.kind === 'complete'
        ? writeRedirect(outcome.redirect)
        : router === null
          ? {}
          : { router: router.name };
    // Of a login that waits for consent.
    const ticket = params.get('ticket')?.slice(0, 64) ?? null;
    const own: Record<string, string> = ticket === null ? {} : { ticket };
    const scene = sceneOf(req, {
      lang: params.get('lang'),
      place: await placeOf(deps, router),
      path: `/${name}`,
      carry,
    });
    const { locale, t } = scene.speech;
    const regency = deps.regency ?? '';
    const place = router ?? { villageCode: regency, districtCode: regency };
    const legal = await legalFactsAt(deps, place);
    const { version, hash } = legalTexts(legal)[name];
    const facts = {
      heading: t(`${name}.title`),
      sections: sectionsOf(name, legal, locale),
      version: t('legal.version', { version, hash: hash.slice(0, 12) }),
      backUrl: withQuery(ticket === null ? '/' : '/consent', { ...carry, ...own, lang: locale }),
    };
    const frame = scene.frame(`${name}.title`, own);
    await deps.views.send({ req, res }, { name: 'document', frame, facts });
  };
}
