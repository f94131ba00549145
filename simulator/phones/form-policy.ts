/**
 * Content-Security-Policy `form-action`, the part of it that captive portals meet: browsers hold not
 * only a form's own target against it but also every redirect that answers the form, and block
 * without a word (measured in Chromium). A phone that did not would log in where real ones cannot.
 */

/** Whether a form of the page at `pageUrl` may lead to `target`. Several policies must all allow it. */
export function allowsFormTarget(
  policies: string | undefined,
  pageUrl: string,
  target: string,
): boolean {
  return (policies ?? '').split(',').every((policy) => {
    const directive = policy
      .split(';')
      .map((text) => text.trim().split(/\s+/))
      .find(([name]) => name?.toLowerCase() === 'form-action');
    if (directive === undefined) return true;
    const [, ...sources] = directive;
    return sources.some((source) => matches(source, new URL(pageUrl), new URL(target)));
  });
}

/** Sources without paths (CSP level 3 §6.7.2); `'none'` and what we do not know match nothing. */
function matches(source: string, page: URL, target: URL): boolean {
  if (source === '*') return /^https?:$/.test(target.protocol);
  if (source.toLowerCase() === "'self'") return upgraded(page, target);
  if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return target.protocol === source.toLowerCase();
  const named = URL.parse(source.includes('://') ? source : `${page.protocol}//${source}`);
  return named !== null && upgraded(named, target);
}

/** The same origin, or the same host with http turned into https on the usual ports. */
function upgraded(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return true;
  const secure = from.protocol === 'http:' && to.protocol === 'https:';
  return secure && from.hostname === to.hostname && from.port === '' && to.port === '';
}
