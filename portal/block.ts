/**
 * The page in place of a blocked site: as `GET /blocked?name=…`, and for every request that arrives
 * under a name which is not the portal's (the resolver answers blocked names with our address).
 *
 * The latter is status 451 (RFC 7725), naming us as who blocks: programs then do not take our page
 * for the site's content, as they would with 200, and can tell it from a fault of the site.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Request, Response } from 'express';
import { APPEAL_REASONS } from './appeal/reasons.ts';
import { type Handler, type PortalDeps, placeOf, queryOf, sceneOf, sessionOf } from './context.ts';
import { isTextKey, type Translate } from './i18n.ts';
import { withQuery } from './urls.ts';

/** Names and literals under which a request is for the portal itself. */
export function isOwnHost(
  hostname: string,
  own: { publicHostname: string; blockAddresses: ReadonlySet<string> },
): boolean {
  if (hostname === own.publicHostname || hostname === 'localhost') return true;
  const literal = hostname.replace(/^\[|\]$/g, '');
  // No name was looked up for a literal, so none can have been blocked.
  return (isIPv4(literal) || isIPv6(literal)) && !own.blockAddresses.has(literal);
}

/** Host name of the Host header, lower case; null when it is none. */
export function hostnameOf(hostHeader: string | undefined): string | null {
  if (hostHeader === undefined || !/^[a-z0-9._:[\]-]+$/i.test(hostHeader)) return null;
  return URL.parse(`http://${hostHeader}`)?.hostname.replace(/\.$/, '') ?? null;
}

export function showBlocked(deps: PortalDeps): Handler {
  return async (req, res) => {
    await sendBlocked(deps, req, res, { name: siteName(queryOf(req).get('name')), status: 200 });
  };
}

export async function sendBlockedHost(
  deps: PortalDeps,
  req: Request,
  res: Response,
  hostname: string,
): Promise<void> {
  res.setHeader('Link', `<${deps.publicOrigin}/>; rel="blocked-by"`);
  // Pictures and scripts of a page get the status alone: nobody would read a page in their place.
  const destination = req.headers['sec-fetch-dest'];
  if (destination !== undefined && destination !== 'document' && destination !== 'iframe') {
    res.statusCode = 451;
    res.end();
    return;
  }
  await sendBlocked(deps, req, res, { name: siteName(hostname), status: 451 });
}

async function sendBlocked(
  deps: PortalDeps,
  req: Request,
  res: Response,
  { name, status }: { name: string | null; status: 200 | 451 },
): Promise<void> {
  const session = await sessionOf(deps, req);
  const router = session === null ? null : await deps.store.routerByName(session.router);
  const scene = sceneOf(req, {
    lang: status === 200 ? queryOf(req).get('lang') : null,
    place: await placeOf(deps, router),
    path: '/blocked',
    carry: {},
    origin: deps.publicOrigin,
  });
  const { locale, t } = scene.speech;
  const frame = scene.frame('blocked.title', name === null ? {} : { name });
  const facts = {
    name,
    reason: reasonOf(deps, name, t),
    // A form under a foreign name would be a form of that site; there, a link leads to ours.
    appealUrl:
      name === null || status !== 451
        ? null
        : withQuery(`${deps.publicOrigin}/blocked`, { name, lang: locale }),
    mayAppeal: status === 200 && name !== null && session !== null,
    sent: status === 200 && queryOf(req).get('sent') === '1',
    locale,
    reasons: APPEAL_REASONS.map((value) => ({ value, label: t(`appeal.reason.${value}`) })),
  };
  const page = { name: 'blocked' as const, frame, facts };
  await deps.views.send({ req, res }, page, { status });
}

function reasonOf(deps: PortalDeps, name: string | null, t: Translate): string {
  const category = name === null ? null : (deps.categoryOf?.(name) ?? null);
  const key = `category.${category}`;
  return category !== null && isTextKey(key)
    ? t('blocked.category', { category: t(key) })
    : t('blocked.general');
}

/** A DNS name in its usual form; null for all else, which then is not shown at all. */
export function siteName(text: string | null): string | null {
  const name = (text ?? '').toLowerCase().replace(/\.$/, '');
  const label = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)$/;
  const labels = name.split('.');
  const named = name.length <= 253 && labels.length > 1 && labels.every((one) => label.test(one));
  return named && !isIPv4(name) ? name : null;
}
