/** The portal's series. Labels are closed sets: never a router's, a person's or a site's name. */
import type { Metrics } from '../lib/metrics.ts';
import type { DispatchResult } from './gateways/dispatch.ts';
import type { GatewayKind } from './gateways/gateway.ts';
import type { GraceResult } from './otp/grace.ts';
import type { HookResult } from './otp/hooks.ts';
import type { CodeResult } from './otp/sender.ts';
import type { RefusedBecause } from './redirect-params.ts';
import type { RejectCode } from './reject-codes.ts';
import type { Verdict } from './why/diagnose.ts';

export type Route =
  | '/'
  | '/login'
  | '/otp'
  | '/otp/link'
  | '/hooks/otp'
  | '/click'
  | '/oidc'
  | '/oidc/callback'
  | '/v/:code'
  | '/remember'
  | '/forget'
  | '/consent'
  | '/account'
  | '/account/data'
  | '/account/act'
  | '/account/number'
  | '/register'
  | '/release'
  | '/topup'
  | '/choose'
  | '/status'
  | '/logout'
  | '/blocked'
  | '/welcome'
  | '/bye'
  | '/help'
  | '/why'
  | '/appeal'
  | '/capport/:router'
  | '/terms'
  | '/privacy'
  | 'probe'
  | 'blocked name'
  | 'other';

export type LoginResult = 'accepted' | RejectCode;

export type AppealResult = 'counted' | 'limited';

export interface PortalMetrics {
  request(route: Route, status: number, seconds: number): void;
  login(result: LoginResult): void;
  /** A redirect whose parameters were not in order. */
  redirectRefused(because: RefusedBecause): void;
  /** One that would have taken more than its address's share. */
  connectionRefused(): void;
  /** A gateway's answer to one attempt at a message. */
  message(gateway: GatewayKind, result: DispatchResult): void;
  code(result: CodeResult): void;
  grace(result: GraceResult): void;
  hook(result: HookResult): void;
  caseOpened(verdict: Verdict): void;
  /** `limited`: more than its phone, its name or its village may send a day. */
  appeal(result: AppealResult): void;
  certificateExpiry(atMs: number): void;
  /** The files changed and could not be used; the certificate before stays. */
  certificateRefused(): void;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function createPortalMetrics(metrics: Metrics, options: { tls: boolean }): PortalMetrics {
  const requests = metrics.histogram(
    'smartwifi_portal_http_request_duration_seconds',
    'Portal requests by route template and status class',
    SECONDS,
    ['route', 'status'],
  );
  const logins = metrics.counter('smartwifi_portal_logins_total', 'Login forms sent, by result', [
    'result',
  ]);
  const refused = metrics.counter(
    'smartwifi_portal_redirects_refused_total',
    'Redirects from routers with parameters that were not in order',
    ['because'],
  );
  const connections = metrics.counter(
    'smartwifi_portal_connections_refused_total',
    'Connections beyond what their address, or all together, may hold',
  );
  const certificate = options.tls ? createCertificateMetrics(metrics) : null;
  return {
    request: (route, status, seconds) => {
      requests.observe({ route, status: `${Math.floor(status / 100)}xx` }, seconds);
    },
    login: (result) => logins.inc({ result }),
    redirectRefused: (because) => refused.inc({ because }),
    connectionRefused: () => connections.inc({}),
    ...createOtpMetrics(metrics),
    ...createQuestionMetrics(metrics),
    certificateExpiry: (atMs) => certificate?.expiry.set(Math.floor(atMs / 1000)),
    certificateRefused: () => certificate?.failures.inc({}),
  };
}

function createOtpMetrics(metrics: Metrics) {
  const messages = metrics.counter(
    'smartwifi_portal_otp_messages_total',
    'Attempts to send a code, by kind of gateway and what came of it',
    ['gateway', 'result'],
  );
  const codes = metrics.counter(
    'smartwifi_portal_otp_codes_total',
    'Codes asked for and proven, by result',
    ['result'],
  );
  const passes = metrics.counter(
    'smartwifi_portal_grace_passes_total',
    'Passes for messengers while a code is waited for, by result',
    ['result'],
  );
  const hooks = metrics.counter(
    'smartwifi_portal_otp_hooks_total',
    'Messages that came in by webhooks of gateways, by result',
    ['result'],
  );
  return {
    message: (gateway: GatewayKind, result: DispatchResult) => messages.inc({ gateway, result }),
    code: (result: CodeResult) => codes.inc({ result }),
    grace: (result: GraceResult) => passes.inc({ result }),
    hook: (result: HookResult) => hooks.inc({ result }),
  };
}

/** What people ask officers for; how many wait is told by backlog.ts. */
function createQuestionMetrics(metrics: Metrics) {
  const cases = metrics.counter(
    'smartwifi_portal_cases_opened_total',
    'Codes given out by "why am I not online?", by what was found',
    ['verdict'],
  );
  const appeals = metrics.counter(
    'smartwifi_portal_appeals_sent_total',
    'Appeals against blocks that were sent, by result',
    ['result'],
  );
  return {
    caseOpened: (verdict: Verdict) => cases.inc({ verdict }),
    appeal: (result: AppealResult) => appeals.inc({ result }),
  };
}

/** Apart, because a portal without a certificate must not export an expiry of 1970. */
function createCertificateMetrics(metrics: Metrics) {
  return {
    expiry: metrics.gauge(
      'smartwifi_portal_certificate_expiry_timestamp_seconds',
      'When the certificate in use ends',
    ),
    failures: metrics.counter(
      'smartwifi_portal_certificate_reload_failures_total',
      'Changed certificate files that could not be used',
    ),
  };
}
