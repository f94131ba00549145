/** The outcome of the main job for a person. */
import type { Summary } from './main-job.ts';

export function renderSummary(s: Summary): string {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ') || 'none';
  return [
    `villages    ${s.villages}`,
    `routers     ${s.routers}, ${s.provisioned} provisioned from factory state, ${s.emptyPlans} empty plans`,
    `phones      ${s.phones}`,
    `logins      ${s.logins.accepted} accepted; refused: ${counts(s.logins.rejected)}`,
    `sessions    ${s.sessions.started} started; ended: ${counts(s.sessions.stopped)}`,
    `octets      equal in phone, router and store for ${s.sessions.octetsMatched} sessions, in metrics for ${s.metricsMatched} routers`,
    `names       ${s.dns.blocked} blocked, ${s.dns.allowed} answered`,
    `took        ${s.seconds} s, ${s.peakRssMb} MB at the peak (${s.simulatorRssMb} MB of it the simulator)`,
    ...s.failures.map((failure) => `FAILED      ${failure.layer}: ${failure.message}`),
    s.ok ? 'all is well' : `first to blame: ${s.failures[0]?.layer}`,
  ].join('\n');
}
