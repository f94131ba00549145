/**
 * `POST /appeal`: somebody says that a site is blocked by mistake. Counted by village and name; who it was
 * is forgotten with the answer. The village is that of the phone's session, since a form could say anything.
 */
import type { AppealReason } from '../../store/types.ts';
import { siteName } from '../block.ts';
import { createBuckets } from '../buckets.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  seeOther,
  sessionOf,
  sourceOf,
} from '../context.ts';
import { chooseLocale } from '../i18n.ts';
import { sendMessage } from '../messages.ts';
import { isOwnRequest } from '../security.ts';
import { withQuery } from '../urls.ts';
import { APPEAL_REASONS } from './reasons.ts';

const DAY = 86_400;
/** A phone appeals once a day for a name, and for ten names; a village two hundred times. */
const NAME = { burst: 1, perSecond: 1 / DAY };
const ADDRESS = { burst: 10, perSecond: 10 / DAY };
const ROUTER = { burst: 200, perSecond: 200 / DAY };
const KEYS = 20_000;

/** The answer is the same whether it counted or was one too many. */
export function submitAppeal(deps: PortalDeps): Handler {
  const admit = createAdmission();
  return async (req, res) => {
    if (!isOwnRequest(req)) {
      await sendMessage(deps, req, res, 403, 'message.foreign');
      return;
    }
    const form = formOf(req);
    const name = siteName(form.get('name'));
    const session = await sessionOf(deps, req);
    const at = deps.clock.now();
    if (name === null || session === null) {
      await sendMessage(deps, req, res, 400, 'message.badRequest');
      return;
    }
    const counts = admit(sourceOf(req), name, session.router, at);
    deps.metrics.appeal(counts ? 'counted' : 'limited');
    if (counts) {
      await deps.store.recordAppeal({
        villageCode: session.villageCode,
        name,
        category: deps.categoryOf?.(name) ?? null,
        reason: reasonIn(form.get('reason')),
        at,
      });
    }
    const lang = chooseLocale(form.get('lang'), req.headers['accept-language']);
    seeOther(res, withQuery('/blocked', { name, lang, sent: '1' }));
  };
}

function reasonIn(text: string | null): AppealReason {
  return APPEAL_REASONS.find((reason) => reason === text) ?? 'none';
}

function createAdmission() {
  const [names, addresses, routers] = [NAME, ADDRESS, ROUTER].map((bucket) =>
    createBuckets(bucket, KEYS),
  );
  return (address: string, name: string, router: string, at: number): boolean =>
    names!(`${address} ${name}`, at) && addresses!(address, at) && routers!(router, at);
}
