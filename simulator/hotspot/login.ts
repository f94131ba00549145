/**
 * Logging in: by the servlet's form, or by MAC for a phone that has just appeared. RADIUS decides; the
 * router has no users of its own but those of a trial.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Credentials, Nas } from '../nas/nas.ts';
import type { HotspotConfig } from './config.ts';
import type { Cookies } from './cookies.ts';
import type { Host, Hosts } from './hosts.ts';
import type { LoginBy, Sessions } from './sessions.ts';
import { createTrials, isTrialName } from './trial.ts';

/** Keys of errors.txt that a login can end with. */
export type LoginError =
  | 'auth-in-progress'
  | 'chap-missing'
  | 'invalid-username'
  | 'radius-reply'
  | 'radius-timeout'
  | 'shutting-down';

export type LoginOutcome =
  | { readonly kind: 'in' }
  | {
      readonly kind: 'refused';
      readonly error: LoginError;
      /** Reply-Message, where RADIUS gave one. */
      readonly message: string | null;
    };

export interface LoginOptions {
  readonly nas: Nas;
  readonly sessions: Sessions;
  readonly hosts: Hosts;
  readonly clock: Pick<Clock, 'now'>;
  readonly cookies: Cookies;
}

export interface Login {
  byForm(
    host: Host,
    hotspot: HotspotConfig,
    username: string,
    password: string,
  ): Promise<LoginOutcome>;
  /** Tries a cookie and the MAC, each once per host; resolves when it is decided. */
  byMac(host: Host, hotspot: HotspotConfig): Promise<void>;
}

export function createLogin(options: LoginOptions): Login {
  const { nas, sessions, hosts } = options;
  const byTrial = trialLogin(options);

  const attempt: Attempt = async (host, hotspot, credentials, loginBy) => {
    if (!hotspot.useRadius) return refused('invalid-username');
    const acctSessionId = sessions.nextId();
    const { mac, ip } = host;
    const answer = await nas.login({ nas: hotspot.nas, acctSessionId, mac, ip }, credentials);
    switch (answer.kind) {
      case 'none':
        return refused('invalid-username');
      case 'timeout':
        return refused('radius-timeout');
      case 'reject':
        return answer.message === null
          ? refused('invalid-username')
          : refused('radius-reply', answer.message);
      case 'accept': {
        // Power or the phone may have gone while the server thought.
        if (hosts.byAddress(ip) !== host) return refused('shutting-down');
        const { username } = credentials;
        sessions.open(host, hotspot, { acctSessionId, username, loginBy, grant: answer.grant });
        if (loginBy === 'http-pap')
          keepCookie(options, { host, hotspot, group: answer.grant.group }, credentials);
        return { kind: 'in' };
      }
    }
  };

  return {
    byForm: async (host, hotspot, username, password) => {
      if (isTrialName(username, host.mac)) {
        return exclusive(host, async () => byTrial(host, hotspot, username));
      }
      const chosen = formCredentials(host, hotspot, username, password);
      if (chosen === null) return refused('chap-missing');
      return exclusive(host, () =>
        attempt(host, hotspot, chosen, chosen.password.kind === 'chap' ? 'http-chap' : 'http-pap'),
      );
    },
    byMac: async (host, hotspot) => {
      if (await byCookie(options, host, hotspot, attempt)) return;
      if (!hotspot.loginBy.has('mac')) return;
      const username = formatMac(host.mac, hotspot.macFormat);
      const text = hotspot.macAsPassword ? username : hotspot.macPassword;
      const credentials = { username, password: { kind: 'pap', text } } as const;
      await exclusive(host, () => attempt(host, hotspot, credentials, 'mac'));
    },
  };
}

type Attempt = (
  host: Host,
  hotspot: HotspotConfig,
  credentials: Credentials,
  loginBy: LoginBy,
) => Promise<LoginOutcome>;

function keepCookie(
  { cookies }: LoginOptions,
  { host, hotspot, group }: { host: Host; hotspot: HotspotConfig; group: string | null },
  { username, password }: Credentials,
): void {
  const { macCookieMs } = hotspot.profile(group);
  if (!hotspot.loginBy.has('mac-cookie') || macCookieMs === null || password.kind !== 'pap') return;
  cookies.keep(host.mac, { username, password: password.text }, macCookieMs);
}

/** Whether the phone's cookie let it in; one that is refused is worth nothing any more. */
async function byCookie(
  { cookies }: LoginOptions,
  host: Host,
  hotspot: HotspotConfig,
  attempt: Attempt,
): Promise<boolean> {
  const cookie = hotspot.loginBy.has('mac-cookie') ? cookies.of(host.mac) : null;
  if (cookie === null) return false;
  const password = { kind: 'pap', text: cookie.password } as const;
  const known = { username: cookie.username, password };
  const outcome = await exclusive(host, () => attempt(host, hotspot, known, 'mac-cookie'));
  if (outcome.kind === 'in') return true;
  if (outcome.error !== 'radius-timeout') cookies.drop(host.mac);
  return false;
}

/** One login of a phone at a time. */
async function exclusive(host: Host, work: () => Promise<LoginOutcome>): Promise<LoginOutcome> {
  if (host.login !== null) return refused('auth-in-progress');
  const underway = work();
  host.login = underway;
  try {
    return await underway;
  } finally {
    if (host.login === underway) host.login = null;
  }
}

/** Nobody is asked; the phone's own use decides. */
function trialLogin({ sessions, clock }: LoginOptions) {
  const trials = createTrials();
  return (host: Host, hotspot: HotspotConfig, username: string): LoginOutcome => {
    const grant =
      hotspot.trial === null ? null : trials.grant(host.mac, hotspot.trial, clock.now());
    if (grant === null) return refused('invalid-username');
    const acctSessionId = sessions.nextId();
    const login = { acctSessionId, username, loginBy: 'trial', grant } as const;
    trials.opened(host.mac, sessions.open(host, hotspot, login));
    return { kind: 'in' };
  };
}

/** Challenge for a page that is to answer with CHAP; one per host until it is used. */
export function chapOf(host: Host): { readonly id: number; readonly challenge: Buffer } {
  host.chap ??= { id: randomBytes(1)[0]!, challenge: randomBytes(16) };
  return host.chap;
}

/** Null when the profile wants CHAP and the form did not answer a challenge. */
function formCredentials(
  host: Host,
  hotspot: HotspotConfig,
  username: string,
  password: string,
): Credentials | null {
  const { chap } = host;
  if (hotspot.loginBy.has('http-chap') && chap !== null && /^[0-9a-f]{32}$/i.test(password)) {
    host.chap = null;
    const response = Buffer.concat([Buffer.from([chap.id]), Buffer.from(password, 'hex')]);
    return { username, password: { kind: 'chap', response, challenge: chap.challenge } };
  }
  if (!hotspot.loginBy.has('http-pap')) return null;
  return { username, password: { kind: 'pap', text: password } };
}

/** `XX:XX:XX:XX:XX:XX`, `XX-XX-…`, `XXXXXXXXXXXX`: each X is a digit, small for a small x. */
function formatMac(mac: string, format: string): string {
  const digits = mac.replaceAll(':', '');
  let next = 0;
  return format.replaceAll(/x/gi, (letter) => {
    const digit = digits[next++] ?? '';
    return letter === 'x' ? digit.toLowerCase() : digit;
  });
}

function refused(error: LoginError, message: string | null = null): LoginOutcome {
  return { kind: 'refused', error, message };
}
