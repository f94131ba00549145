/**
 * A phone's state and its ways over the web: follows redirects, presses forms, and notices in the
 * router's answers when a session begins and ends.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import type { Browser, Connection, Visit, VisitRequest } from './browser.ts';
import type { ExchangeRecord, OpenedPage, PageFailure, PhoneOptions } from './contract.ts';
import { allowsFormTarget } from './form-policy.ts';
import { encodeForm, type Form, readPage } from './page.ts';
import type { SessionCount, Tally } from './tally.ts';

export interface Device {
  readonly options: PhoneOptions;
  readonly browser: Browser;
  readonly tally: Tally;
  connection: Connection | null;
  page: OpenedPage | null;
  /** Content-Security-Policy of that page. */
  policy: string | undefined;
  /** Origin of the first page that a redirect of the router led to. */
  portal: string | null;
  /** At most {@link MAX_EXCHANGES}. */
  readonly exchanges: ExchangeRecord[];
}

const MAX_HOPS = 12;
const MAX_EXCHANGES = 200;

export function connected(device: Device): Connection {
  if (device.connection === null) {
    throw new SmartWifiError('PHONE_NOT_JOINED', 'the phone has no lease: call join() first');
  }
  return device.connection;
}

/** One step on the web; what was forwarded is counted, and a login page in the way ends the session. */
export async function visit(device: Device, request: VisitRequest): Promise<Visit> {
  const { browser, options, tally, exchanges } = device;
  const result = await browser.visit(connected(device), request);
  const { inputOctets, outputOctets } = octetsOf(result);
  const { method = 'GET', url } = request;
  exchanges.push({ method, url, status: result.status, octets: inputOctets + outputOctets });
  if (exchanges.length > MAX_EXCHANGES) exchanges.shift();
  if (result.answeredBy === 'host') tally.add(octetsOf(result));
  if (result.answeredBy === 'captive') tally.end(options.clock.now());
  return result;
}

export function octetsOf({ exchange }: Visit): SessionCount {
  return {
    inputOctets: exchange?.sentOctets ?? 0,
    outputOctets: exchange?.receivedOctets ?? 0,
  };
}

/** Follows redirects as browsers do (RFC 9110 §15.4: 307 and 308 keep the method), to the last page. */
export async function navigate(
  device: Device,
  first: VisitRequest,
  mayLeadTo: (url: string) => boolean = () => true,
): Promise<OpenedPage> {
  let request = first;
  let mayGo = mayLeadTo;
  for (let hop = 0; ; hop += 1) {
    const answer = await visit(device, request);
    noteRouterAnswer(device, request, answer);
    if (answer.next === null || hop === MAX_HOPS) return keepPage(device, answer, answer.failure);
    // A page that came whole ends the form's own way; what it leads to is a new one.
    if (Math.floor((answer.status ?? 0) / 100) !== 3) mayGo = () => true;
    if (!mayGo(answer.next)) return keepPage(device, answer, 'policy');
    const next = new URL(answer.next);
    if (next.searchParams.has('link-login-only')) device.portal = next.origin;
    await device.options.clock.sleep(answer.nextSeconds * 1000);
    const keep = answer.status === 307 || answer.status === 308;
    request = keep ? { ...request, url: answer.next } : { url: answer.next };
  }
}

function keepPage(device: Device, answer: Visit, failure: PageFailure | null): OpenedPage {
  const { url, status, html, bodyOctets: bytes } = answer;
  device.policy = answer.exchange?.response?.headers.get('content-security-policy');
  device.page = { url, status, html: html ?? '', bytes, failure };
  return device.page;
}

/** The router's answers to a login and a log-out begin and end the session. */
function noteRouterAnswer(device: Device, request: VisitRequest, answer: Visit): void {
  const { tally, options } = device;
  const url = new URL(request.url);
  if (answer.answeredBy !== 'router' || answer.status === null || answer.status >= 400) return;
  if (url.pathname === '/logout') tally.end(options.clock.now());
  if (url.pathname !== '/login') return;
  const sent = request.method === 'POST' ? new URLSearchParams(request.body) : url.searchParams;
  const username = sent.get('username');
  if (username === null || isLoginAgain(answer)) return;
  tally.begin(connected(device).ip, username, options.clock.now());
}

/** A refused login shows the login page anew: the router's own form, or the way to the portal. */
function isLoginAgain(answer: Visit): boolean {
  if (answer.next !== null) return new URL(answer.next).searchParams.has('link-login-only');
  const { forms } = readPage(answer.html ?? '', answer.url);
  return forms.some((form) => form.fields.has('password'));
}

export function press(
  device: Device,
  form: Form,
  typed: Readonly<Record<string, string>>,
): Promise<OpenedPage> {
  const body = encodeForm(form, typed);
  const page = device.page?.url ?? form.action;
  const { policy } = device;
  const mayLeadTo = (url: string): boolean => allowsFormTarget(policy, page, url);
  if (!mayLeadTo(form.action)) {
    throw new SmartWifiError('PHONE_POLICY', `${page} forbids its own form to ${form.action}`);
  }
  if (form.method === 'POST') {
    const { origin } = new URL(page);
    return navigate(device, { url: form.action, method: 'POST', body, origin }, mayLeadTo);
  }
  const url = new URL(form.action);
  url.search = body;
  return navigate(device, { url: url.href }, mayLeadTo);
}
