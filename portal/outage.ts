/** What the fleet knows of a village's link, for visitors who come another way: inside, it obviously works. */
import type { Request } from 'express';
import type { Router } from '../store/types.ts';
import { isBehind, type PortalDeps, type Scene, sourceOf } from './context.ts';
import type { Frame } from './frame.ts';

/** The frame with a service notice when the router is down or worked on. */
export async function withOutage(
  deps: PortalDeps,
  req: Request,
  router: Router | null,
  { speech: { t, locale } }: Pick<Scene, 'speech'>,
  frame: Frame,
): Promise<Frame> {
  if (router === null || isBehind(router, sourceOf(req))) return frame;
  const state = await deps.store.routerState(router.id);
  if (state?.state !== 'down' && state?.state !== 'maintenance') return frame;
  const since = deps.wordingIn(locale, router.timeZone).instant(state.since);
  const text = t(`service.${state.state}`, { since });
  return { ...frame, notices: [{ text, lang: null }, ...frame.notices] };
}
