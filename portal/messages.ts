/** Short pages: not found, refused, out of order. */
import type { Request, Response } from 'express';
import { type PortalDeps, placeOf, queryOf, sceneOf } from './context.ts';
import { withQuery } from './urls.ts';

type MessageKey =
  | 'message.notFound'
  | 'message.badRequest'
  | 'message.tooLarge'
  | 'message.foreign'
  | 'message.fault';

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
