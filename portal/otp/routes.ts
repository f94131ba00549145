/** Paths of the way in by a phone number. */
import express, { type Express, type RequestHandler } from 'express';
import type { Handler, PortalDeps } from '../context.ts';
import type { Route } from '../metrics.ts';
import { arriveByNumber, showGo, showLink, submitCode, submitLink } from './finish.ts';
import type { Flow } from './flow.ts';
import { takeHook, verifyHook } from './hooks.ts';
import { askForMessage } from './message.ts';
import { sendPhoneStep } from './show.ts';
import { sendAgain, showOtp, submitPhone, useAnother } from './start.ts';

export interface RouteParts {
  readonly at: (route: Route, handler?: Handler) => RequestHandler;
  /** Only forms, of at most 4 kB. */
  readonly form: readonly RequestHandler[];
}

const FLOW: Flow = { kind: 'otp', restart: sendPhoneStep, arrive: arriveByNumber };

/** WhatsApp sends up to some kB together. */
const HOOK_LIMIT = 65_536;

export function addOtpRoutes(app: Express, deps: PortalDeps, { at, form }: RouteParts): void {
  const route = at('/otp');
  app.get('/otp', at('/otp', showOtp(deps, FLOW)));
  app.post('/otp', route, ...form, submitPhone(deps));
  app.post('/otp/code', route, ...form, submitCode(deps, FLOW));
  app.post('/otp/again', route, ...form, sendAgain(deps, FLOW));
  app.post('/otp/other', route, ...form, useAnother(deps));
  app.post('/otp/message', route, ...form, askForMessage(deps));
  app.get('/otp/go', at('/otp', showGo(deps, FLOW)));
  app.get('/otp/link', at('/otp/link', showLink(deps, FLOW)));
  app.post('/otp/link', at('/otp/link'), ...form, submitLink(deps, FLOW));
  // A reload of a page that answered a form.
  for (const path of ['/otp/code', '/otp/again', '/otp/other', '/otp/message']) {
    app.get(path, at('/otp', showOtp(deps, FLOW)));
  }
  if (!deps.inbound) return;
  const raw = express.raw({ type: () => true, limit: HOOK_LIMIT, inflate: false });
  app.get('/hooks/otp/:gateway', at('/hooks/otp', verifyHook(deps)));
  app.post('/hooks/otp/:gateway', at('/hooks/otp'), raw, takeHook(deps));
}
