/**
 * `GET /capport/:router`: the Captive Portal API (RFC 8908), found by DHCP option 114 (RFC 8910).
 *
 * The phone is known by its source address, so the seconds and bytes are its account's. The router's
 * name only leads the phone back to the right place. RFC 8908 wants TLS throughout: that is, a
 * portal whose public URL is https; without, no page is offered that phones would refuse to open.
 */
import type { Request, Response } from 'express';
import type { Handler, PortalDeps } from './context.ts';
import { routerIn } from './context.ts';
import { type Connected, connectedAt } from './status.ts';

interface CaptiveState {
  readonly captive: boolean;
  readonly 'user-portal-url'?: string;
  /** Android offers it as a notification after the login: the village's own page. */
  readonly 'venue-info-url'?: string;
  readonly 'can-extend-session': boolean;
  readonly 'seconds-remaining'?: number;
  readonly 'bytes-remaining'?: number;
}

export function showCapport(deps: PortalDeps): Handler {
  return async (req, res) => {
    const name = req.params.router;
    const asked = new URLSearchParams({ router: typeof name === 'string' ? name : '' });
    const router = await routerIn(deps, asked);
    if (router === null) {
      sendJson(res, req, 404, { error: 'unknown router' });
      return;
    }
    const connected = await connectedAt(deps, req);
    const { seconds = null, octets = null } = connected?.allowance ?? {};
    const state: CaptiveState = {
      captive: connected === null,
      ...(deps.publicOrigin.startsWith('https://')
        ? {
            'user-portal-url': `${deps.publicOrigin}/?router=${router.name}`,
            'venue-info-url': `${deps.publicOrigin}/welcome?router=${router.name}`,
          }
        : {}),
      'can-extend-session': mayExtend(connected),
      ...(seconds === null ? {} : { 'seconds-remaining': seconds.left }),
      ...(octets === null ? {} : { 'bytes-remaining': octets.left }),
    };
    sendJson(res, req, 200, state);
  };
}

/** A citizen's account takes more by a voucher; a voucher of its own ends with its limits. */
function mayExtend(connected: Connected | null): boolean {
  return connected?.account?.facts.kind === 'subscriber';
}

function sendJson(res: Response, req: Request, status: number, body: object): void {
  const text = JSON.stringify(body);
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/captive+json');
  res.setHeader('Cache-Control', 'private, no-store');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(req.method === 'HEAD' ? undefined : text);
}
