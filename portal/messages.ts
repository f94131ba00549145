/** Short pages (not found, refused, out of order) and the documents (terms, privacy). */
import type { Request, Response } from 'express';
import { type Handler, type PortalDeps, placeOf, queryOf, redirectIn, sceneOf } from './context.ts';
import type { TextKey } from './i18n.ts';
import { writeRedirect } from './redirect-params.ts';
import { withQuery } from './urls.ts';

type MessageKey =
  | 'message.notFound'
  | 'message.badRequest'
  | 'message.tooLarge'
  | 'message.foreign'
  | 'message.fault';

const DOCUMENTS = {
  terms: ['who', 'free', 'fair', 'law', 'filter', 'service'],
  privacy: ['what', 'why', 'not', 'kept', 'share', 'rights'],
} as const;

/** One sentence and the way back, in the look of all pages. */
export async function sendMessage(
  deps: PortalDeps,
  req: Request,
  res: Response,
  status: number,
  key: MessageKey,
): Promise<void> {
  const scene = sceneOf(req, {
    lang: queryOf(req).get('lang'),
    place: await placeOf(deps, null),
    path: '/',
    carry: {},
  });
  const { locale, t } = scene.speech;
  const facts = {
    heading: t(`${key}.title`),
    text: t(`${key}.text`),
    homeUrl: withQuery('/', { lang: locale }),
    code: status >= 500 ? ('SW-ERROR' as const) : null,
  };
  const frame = scene.frame(`${key}.title`);
  await deps.views.send({ req, res }, { name: 'message', frame, facts }, { status });
}

export function showDocument(deps: PortalDeps, name: keyof typeof DOCUMENTS): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const outcome = await redirectIn(deps, params);
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
    const scene = sceneOf(req, {
      lang: params.get('lang'),
      place: await placeOf(deps, router),
      path: `/${name}`,
      carry,
    });
    const { locale, t } = scene.speech;
    const sections = sectionKeys(name).map(({ heading, text }) => ({
      heading: t(heading),
      text: t(text, { ...deps.retention }),
    }));
    const heading = t(`${name}.title`);
    const facts = { heading, sections, backUrl: withQuery('/', { ...carry, lang: locale }) };
    const frame = scene.frame(`${name}.title`);
    await deps.views.send({ req, res }, { name: 'document', frame, facts });
  };
}

function sectionKeys(name: keyof typeof DOCUMENTS): { heading: TextKey; text: TextKey }[] {
  return name === 'terms'
    ? DOCUMENTS.terms.map((part) => ({
        heading: `terms.${part}.heading` as const,
        text: `terms.${part}.text` as const,
      }))
    : DOCUMENTS.privacy.map((part) => ({
        heading: `privacy.${part}.heading` as const,
        text: `privacy.${part}.text` as const,
      }));
}
