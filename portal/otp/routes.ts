/** Paths of the way in by a phone number. */
import express, { type Express, type RequestHandler } from 'express';
import type { Handler, PortalDeps } from '../context.ts';
import type { Route } from '../metrics.ts';
import { showGo, showLink, submitCode, submitLink } from './finish.ts';
import { takeHook, verifyHook } from './hooks.ts';
import { askForMessage } from './message.ts';
import { sendAgain, showOtp, submitPhone, useAnother } from './start.ts';

export interface RouteParts {
  readonly at: (route: Route, handler?: Handler) => RequestHandler;
  /** Only forms, of at most 4 kB. */
  readonly form: readonly RequestHandler[];
}

/** WhatsApp sends up to some kB together. */
const HOOK_LIMIT = 65_536;

export function addOtpRoutes(app: Express, deps: PortalDeps, { at, form }: RouteParts): void {
  const route = at('/otp');
  app.get('/otp', at('/otp', showOtp(deps)));
  app.post('/otp', route, ...form, submitPhone(deps));
  app.post('/otp/code', route, ...form, submitCode(deps));
  app.post('/otp/again', route, ...form, sendAgain(deps));
  app.post('/otp/other', route, ...form, useAnother(deps));
  app.post('/otp/message', route, ...form, askForMessage(deps));
  app.get('/otp/go', at('/otp', showGo(deps)));
  app.get('/otp/link', at('/otp/link', showLink(deps)));
  app.post('/otp/link', at('/otp/link'), ...form, submitLink(deps));
  // A reload of a page that answered a form.
  for (const path of ['/otp/code', '/otp/again', '/otp/other', '/otp/message']) {
    app.get(path, at('/otp', showOtp(deps)));
  }
  if (!deps.inbound) return;
  const raw = express.raw({ type: () => true, limit: HOOK_LIMIT, inflate: false });
  app.get('/hooks/otp/:gateway', at('/hooks/otp', verifyHook(deps)));
  app.post('/hooks/otp/:gateway', at('/hooks/otp'), raw, takeHook(deps));
}
