/** The portal's Express application: the chain from top to bottom, each link with its why. */
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type Response,
} from 'express';
import { errorMessage } from '../lib/errors.ts';
import { addAccountRoutes } from './account/routes.ts';
import { submitAppeal } from './appeal/appeal.ts';
import { hostnameOf, isOwnHost, sendBlockedHost, showBlocked } from './block.ts';
import { showCapport } from './capport.ts';
import { submitClick } from './click.ts';
import { showConsent, submitConsent } from './consent/ask.ts';
import { showDocument } from './consent/document.ts';
import type { Handler, PortalDeps } from './context.ts';
import { queryOf, seeOther } from './context.ts';
import { showBye, showHelp } from './help.ts';
import { showLogin, submitLogin } from './login.ts';
import { sendMessage } from './messages.ts';
import type { Route } from './metrics.ts';
import { finishOidc, startOidc } from './oidc/routes.ts';
import { addOtpRoutes } from './otp/routes.ts';
import { changeRemembered } from './remember.ts';
import { showScan } from './scan.ts';
import { isEncrypted, setBaseHeaders } from './security.ts';
import { logOut, showStatus } from './status.ts';
import { withQuery } from './urls.ts';
import { showWelcome } from './welcome.ts';
import { showWhy } from './why/why.ts';

/** A form of ours is under 1 kB. */
const BODY_LIMIT = 4096;
const FORM = 'application/x-www-form-urlencoded';

/** Paths of operating systems' connectivity checks: they must never find what they hope for here. */
const PROBES = [
  '/generate_204',
  '/gen_204',
  '/hotspot-detect.html',
  '/library/test/success.html',
  '/connecttest.txt',
  '/ncsi.txt',
  '/success.txt',
  '/canonical.html',
  '/redirect',
];

export function createPortalApp(deps: PortalDeps, options: { upgrade: boolean }): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', false);
  app.set('query parser', false);

  // Before anything can answer: no answer leaves without its headers, or uncounted.
  app.use(guardAndCount(deps));
  // Before the host check: a check that was led here by DNS must see a portal, not a blocked site.
  app.use(
    PROBES,
    at('probe', async (_req, res) => seeOther(res, `${deps.publicOrigin}/`)),
  );
  // From here on the request is for the portal itself, and comes the way that it should.
  app.use(requireOwnHost(deps));
  if (options.upgrade) app.use(upgradeToTls(deps));
  addRoutes(app, deps);
  app.use(at('other', async (req, res) => sendMessage(deps, req, res, 404, 'message.notFound')));
  app.use(answerFault(deps));
  return app;
}

function addRoutes(app: Express, deps: PortalDeps): void {
  const form = express.text({ type: FORM, limit: BODY_LIMIT, inflate: false });
  app.get('/', at('/', showLogin(deps)));
  app.post('/login', at('/login'), requireForm(deps), form, submitLogin(deps));
  // A reload after a refused login, or a bookmark of that page.
  app.get('/login', at('/login', toPage('/')));
  app.post('/click', at('/click'), requireForm(deps), form, submitClick(deps));
  app.get('/click', at('/click', toPage('/')));
  app.get('/oidc', at('/oidc', startOidc(deps)));
  app.get('/oidc/callback', at('/oidc/callback', finishOidc(deps)));
  app.get('/v/:code', at('/v/:code', showScan(deps)));
  addAccountRoutes(app, deps, { at, form: [requireForm(deps), form] });
  addOtpRoutes(app, deps, { at, form: [requireForm(deps), form] });
  app.post('/consent', at('/consent'), requireForm(deps), form, submitConsent(deps));
  app.get('/consent', at('/consent', showConsent(deps)));
  app.get('/status', at('/status', showStatus(deps)));
  app.post('/logout', at('/logout'), requireForm(deps), form, logOut(deps));
  app.get('/logout', at('/logout', toPage('/status')));
  app.post('/remember', at('/remember'), requireForm(deps), form, changeRemembered(deps, true));
  app.get('/remember', at('/remember', toPage('/status')));
  app.post('/forget', at('/forget'), requireForm(deps), form, changeRemembered(deps, false));
  app.get('/forget', at('/forget', toPage('/status')));
  app.get('/blocked', at('/blocked', showBlocked(deps)));
  app.post('/appeal', at('/appeal'), requireForm(deps), form, submitAppeal(deps));
  app.get('/appeal', at('/appeal', toPage('/')));
  app.get('/welcome', at('/welcome', showWelcome(deps)));
  app.get('/bye', at('/bye', showBye(deps)));
  app.get('/help', at('/help', showHelp(deps)));
  app.get('/why', at('/why', showWhy(deps)));
  app.get('/capport/:router', at('/capport/:router', showCapport(deps)));
  app.get('/terms', at('/terms', showDocument(deps, 'terms')));
  app.get('/privacy', at('/privacy', showDocument(deps, 'privacy')));
}

/** Names the route for the metrics, then hands on. */
function at(
  route: Route,
  handler?: Handler,
): (req: Request, res: Response, next: (error?: unknown) => void) => Promise<void> {
  return async (req, res, next) => {
    res.locals.route = route;
    if (handler === undefined) next();
    else await handler(req, res);
  };
}

function guardAndCount(deps: PortalDeps): express.RequestHandler {
  return (req, res, next) => {
    const startedAt = performance.now();
    setBaseHeaders(req, res);
    res.on('finish', () => {
      const route = (res.locals.route ?? 'other') as Route;
      deps.metrics.request(route, res.statusCode, (performance.now() - startedAt) / 1000);
    });
    next();
  };
}

function requireOwnHost(deps: PortalDeps): express.RequestHandler {
  const publicHostname = new URL(deps.publicOrigin).hostname;
  const own = { publicHostname, blockAddresses: deps.blockAddresses };
  return async (req, res, next) => {
    const hostname = hostnameOf(req.headers.host);
    if (hostname === null) {
      await sendMessage(deps, req, res, 400, 'message.badRequest');
    } else if (isOwnHost(hostname, own)) {
      next();
    } else {
      res.locals.route = 'blocked name' satisfies Route;
      await sendBlockedHost(deps, req, res, hostname);
    }
  };
}

function upgradeToTls(deps: PortalDeps): express.RequestHandler {
  return (req, res, next) => {
    if (isEncrypted(req)) {
      next();
      return;
    }
    const asked = req.method === 'GET' || req.method === 'HEAD';
    res.statusCode = asked ? 308 : 303;
    // Only a path is kept: a request line may hold a whole URL.
    const path = asked && req.originalUrl.startsWith('/') ? req.originalUrl : '/';
    res.setHeader('Location', deps.publicOrigin + path);
    res.end();
  };
}

function requireForm(deps: PortalDeps): express.RequestHandler {
  return async (req, res, next) => {
    if (req.is(FORM) === FORM) next();
    else await sendMessage(deps, req, res, 415, 'message.badRequest');
  };
}

function toPage(path: '/' | '/status'): Handler {
  return async (req, res) => {
    const lang = queryOf(req).get('lang');
    seeOther(res, withQuery(path, lang === null ? {} : { lang: lang.slice(0, 2) }));
  };
}

/** The edge where a fault is logged, once. */
function answerFault(deps: PortalDeps): ErrorRequestHandler {
  return async (error: unknown, req, res, _next) => {
    const status = clientFaultStatus(error);
    if (status === null) deps.log.error({ err: error, route: res.locals.route }, 'page failed');
    else deps.log.debug({ reason: errorMessage(error), status }, 'request refused');
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const key = status === null ? 'fault' : status === 413 ? 'tooLarge' : 'badRequest';
    await sendMessage(deps, req, res, status ?? 500, `message.${key}`);
  };
}

/** Express and its body reader mark what the client did wrong with a 4xx status. */
function clientFaultStatus(error: unknown): number | null {
  const status =
    typeof error === 'object' && error !== null && 'status' in error ? error.status : null;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}
