/** What a login costs a simulated phone, and docs/compatibility.md as it follows from a run of them all. */
import type { ExchangeRecord, OpenedPage } from '../../../simulator/phones/contract.ts';
import { HABITS } from '../../../simulator/phones/habits.ts';
import { PHONE_KINDS, type PhoneKind, PROBES } from '../../../simulator/phones/probes.ts';

export const MOST_REQUESTS = 5;
/** Where another screen comes between: a password of one's own, the texts after a foreign site. */
export const MOST_WITH_A_SCREEN = 7;
const MOST_OCTETS = 40_000;

export function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/**
 * From the connectivity check to the router's answer to the login. The window's own looks, after each page that came
 * whole, are the phone's affair; and what it says over TLS is not ours.
 */
export function untilOnline(
  exchanges: readonly ExchangeRecord[],
  kind: PhoneKind,
): readonly ExchangeRecord[] {
  const looks = PROBES[kind].url;
  const ours = exchanges.filter(
    ({ url }, i) => url.startsWith('http:') && (i < 2 || url !== looks),
  );
  return ours.slice(0, ours.findIndex(({ url }) => /\/login\?.*\busername=/.test(url)) + 1);
}

export function cost(exchanges: readonly ExchangeRecord[], most = MOST_REQUESTS): string {
  const { length } = exchanges;
  const octets = exchanges.reduce((sum, each) => sum + each.octets, 0);
  must(length > 0 && length <= most, `${length} requests until online`);
  must(octets < MOST_OCTETS, `${octets} octets until online`);
  return `${length} requests, under ${5 * Math.ceil(octets / 5000)} kB`;
}

/** `part` is any part of its address. */
export function linkTo(page: OpenedPage | null, part: string): string {
  const start = part.replace('?', '\\?');
  const href = new RegExp(`href="([^"]*${start}[^"]*)"`).exec(page?.html ?? '')?.[1];
  if (page === null || href === undefined) throw new Error(`the page has no link to ${part}`);
  return new URL(href.replaceAll('&#38;', '&').replaceAll('&amp;', '&'), page.url).href;
}

/** `told` is what to say of a row and a phone; `**no**` where nothing is. */
export function compatibilityDocument(
  rows: readonly string[],
  told: (row: string, kind: PhoneKind) => string | undefined,
): string {
  const head = ['', ...PHONE_KINDS];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = (rows: readonly (readonly string[])[]): string =>
    [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
  const habit = (name: string, of: (kind: PhoneKind) => string): string[] => [
    name,
    ...PHONE_KINDS.map(of),
  ];
  return `# Compatibility

Written by \`UPDATE_GOLDEN=1 npx vitest run --project integration test/integration/portal/compatibility\` from what happened there; the test
compares. Phones are simulated (simulator/phones): each asks what its maker asks and shows the portal in a window without cookies and
scripts. They stand for what is known of these makers, not for the phones themselves.

## How each meets a portal

${table([
  habit('asks', (kind) => new URL(PROBES[kind].url).host),
  habit('window', (kind) => HABITS[kind].window),
  habit('opens', (kind) => HABITS[kind].opens),
  habit('closes itself', (kind) => (HABITS[kind].closes ? 'yes' : 'no')),
  habit('leaves when another application is opened', (kind) =>
    HABITS[kind].leavesOnSwitch ? 'yes' : 'no',
  ),
  habit('address', (kind) => HABITS[kind].address),
])}

## Ways in

Requests and octets are those from the connectivity check to being online, headers included: at most ${MOST_REQUESTS} where one form leads in, at most
${MOST_WITH_A_SCREEN} where a screen comes between (a password of one's own; the form of an account; the texts, after a foreign site). An identity provider's
own screens are its own: they are counted apart, and spoken beside the simulated phone, which has no TLS; the way to them is opened by
the router for that name alone.

${table(rows.map((row) => [row, ...PHONE_KINDS.map((kind) => told(row, kind) ?? '**no**')]))}
`;
}
