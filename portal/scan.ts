/**
 * `GET /v/<code>.<seal>`: the QR of a printed voucher, opened by a phone's camera in its ordinary browser.
 *
 * Only the router can say which phone it is, and its login page takes nothing of ours along. So the code waits
 * in a ticket of the phone's address in the village, and stands in its field when the phone comes back; it is
 * sent by a tap. The address with the code is left at once by a redirect, is written to no log of ours,
 * and tells nobody whether the code is good. Elsewhere the page shows the code and how to join.
 */
import type { Request } from 'express';
import { sealedCodeIn } from '../settings/voucher-url.ts';
import type { Router } from '../store/types.ts';
import {
  type Handler,
  type PortalDeps,
  placeOf,
  queryOf,
  sceneOf,
  seeOther,
  sessionOf,
  sourceOf,
} from './context.ts';
import type { Redirect } from './redirect-params.ts';
import { servletUrl } from './router-links.ts';

export interface Scanned {
  /** As RADIUS takes it. */
  readonly code: string;
  /** Null for a code that came without. */
  readonly seal: string | null;
}

const TICKET_MS = 15 * 60_000;

export function showScan(deps: PortalDeps): Handler {
  return async (req, res) => {
    const part = typeof req.params.code === 'string' ? req.params.code : '';
    const scanned = scannedIn(deps, part);
    if ((await sessionOf(deps, req)) !== null) return seeOther(res, '/status');
    const router = await deps.lans.routerBehind(sourceOf(req));
    if (router !== null) {
      if (scanned !== null && mayKeep(deps, req, router)) await keep(deps, req, router, scanned);
      return seeOther(res, servletUrl(router, 'login'));
    }
    const lang = queryOf(req).get('lang');
    const place = await placeOf(deps, null);
    // The link to the other language goes without the code: it would carry it about.
    const scene = sceneOf(req, { lang, place, path: '/', carry: {} });
    const code = scanned === null ? null : grouped(scanned.code);
    const facts = { fault: null, loginUrl: null, code };
    await deps.views.send({ req, res }, { name: 'join', frame: scene.frame('join.title'), facts });
  };
}

/** What the phone behind this redirect has scanned, and not used yet. */
export async function scannedBy(
  deps: PortalDeps,
  req: Request,
  { router }: Redirect,
): Promise<Scanned | null> {
  const at = deps.clock.now();
  const ticket = await deps.store.ticketOfPhone({ ...keyOf(req, router), at });
  return ticket === null ? null : (JSON.parse(ticket.document) as Scanned);
}

/** In groups of four, as on the card. */
export function grouped(code: string): string {
  return code.match(/.{1,4}/g)?.join('-') ?? '';
}

function scannedIn(deps: PortalDeps, part: string): Scanned | null {
  const sealed = sealedCodeIn(part);
  const code = deps.store.voucherForm(sealed?.code ?? part);
  return code === null ? null : { code, seal: sealed?.seal ?? null };
}

async function keep(
  deps: PortalDeps,
  req: Request,
  router: Router,
  scanned: Scanned,
): Promise<void> {
  const document = JSON.stringify(scanned);
  const at = deps.clock.now();
  await deps.store.openTicket({ ...keyOf(req, router), document, at, ttlMs: TICKET_MS });
}

function mayKeep(deps: PortalDeps, req: Request, router: Router): boolean {
  const address = sourceOf(req);
  return deps.admitLogin({ address, mac: address, router: router.name }, deps.clock.now());
}

/** The phone's address stands for its MAC, which is not known yet. */
function keyOf(req: Request, router: Router) {
  const address = sourceOf(req);
  return { kind: 'voucher', routerId: router.id, mac: `ip ${address}`, address } as const;
}
