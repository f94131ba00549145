/**
 * The RADIUS role in its thread: the server, and in one thread of the process what is to be done once:
 * enforcement, stale sweep, password hardening, retention.
 */
import { type ClockScale, clockFrom } from '../../lib/clock.ts';
import { createLogger } from '../../lib/log.ts';
import { createMetrics } from '../../lib/metrics.ts';
import type { HostPort } from '../../lib/net.ts';
import { type TextDeps, textsInForce } from '../../portal/consent/texts.ts';
import { startConsents } from '../../radius/consents.ts';
import type { EapServer } from '../../radius/eap.ts';
import { startEnforcer } from '../../radius/enforce.ts';
import { startErasures } from '../../radius/erasures.ts';
import { startHardening } from '../../radius/harden.ts';
import { createEnforceMetrics, createRightsMetrics } from '../../radius/metrics.ts';
import { createProber } from '../../radius/probe.ts';
import type { ProxyClient } from '../../radius/proxy.ts';
import type { RadsecServerOptions } from '../../radius/radsec.ts';
import { type Retention, startRetention } from '../../radius/retention.ts';
import { startReview } from '../../radius/review.ts';
import { startRadius } from '../../radius/server.ts';
import { startStaleSweep } from '../../radius/stale.ts';
import type { WarmGroup } from '../../radius/warm.ts';
import { connectStore, type StoreTicket } from '../../store/open.ts';
import { runRole } from './thread-side.ts';

export interface RadiusThreadData {
  readonly ticket: StoreTicket;
  readonly clockScale: ClockScale | undefined;
  readonly logLevel: string;
  readonly timeZone: string;
  readonly auth: HostPort;
  readonly acct: HostPort;
  readonly radsec: RadsecServerOptions | undefined;
  /** Other threads or processes serve the same ports. */
  readonly sharePort: boolean;
  /** Whether this thread does what one thread of a process does for all. */
  readonly chores: boolean;
  /** The same for every thread of a process. */
  readonly warm: WarmGroup;
  readonly interimSeconds: number;
  readonly macPassword: string | undefined;
  readonly retention: Retention;
  /** As the portal has it: part of the texts that a remembered phone has agreed to. */
  readonly selling: TextDeps['selling'];
  readonly portal: { readonly address: string; readonly secret: string };
  readonly proxies: readonly ProxyClient[];
  readonly eap: EapServer | undefined;
  readonly tunnelSubnet: string;
  /** The address that routers know as their RADIUS server; undefined = the system's choice. */
  readonly coaSource: string | undefined;
}

export interface RadiusThreadReady {
  readonly authPort: number;
  readonly acctPort: number;
  readonly radsecPort: number | null;
}

await runRole(async (data: RadiusThreadData) => {
  const clock = clockFrom(data.clockScale);
  const log = createLogger('radius', data.logLevel);
  const metrics = createMetrics();
  const store = connectStore(data.ticket);
  const base = { store, clock, log, metrics };
  await using stack = new AsyncDisposableStack();
  stack.use(store);
  const coa = {
    ...base,
    metrics: createEnforceMetrics(metrics),
    ...(data.coaSource === undefined ? {} : { sourceAddress: data.coaSource }),
  };
  const { probe } = stack.use(createProber(coa));
  // Sweeps and enforcement end before the server, so that nothing new is asked of the store.
  const server = stack.use(
    await startRadius({
      ...base,
      auth: data.auth,
      acct: data.acct,
      sharePort: data.sharePort,
      timeZone: data.timeZone,
      interimSeconds: data.interimSeconds,
      ...(data.macPassword === undefined ? {} : { macPassword: data.macPassword }),
      portal: data.portal,
      warm: data.warm,
      proxies: data.proxies,
      tunnelSubnet: data.tunnelSubnet,
      ...(data.eap === undefined ? {} : { eap: data.eap }),
      ...(data.radsec === undefined ? {} : { radsec: data.radsec }),
      probe,
      texts: textsInForce({ ...base, retention: data.retention, selling: data.selling }),
    }),
  );
  if (data.chores) {
    stack.use(startEnforcer(coa));
    stack.use(startReview({ ...base, timeZone: data.timeZone }));
    stack.use(startStaleSweep({ ...base, interimSeconds: data.interimSeconds }));
    stack.use(startHardening(base));
    stack.use(startRetention({ ...base, retention: data.retention }));
    const rights = { ...base, metrics: createRightsMetrics(metrics) };
    stack.use(startErasures(rights));
    stack.use(startConsents(rights));
  }
  const owned = stack.move();
  const { authPort, acctPort, radsec } = server;
  const ready: RadiusThreadReady = { authPort, acctPort, radsecPort: radsec?.port ?? null };
  return { ready, metrics, stop: () => owned.disposeAsync() };
});
