/**
 * Whatever people show to RADIUS, right, wrong or too often, by a router or by the portal: nothing of it is
 * in the log, however talkative and without the net of lib/log.ts, or in the metrics.
 */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { realClock } from '../../../lib/clock.ts';
import { createMetrics, type Metrics, renderMetrics } from '../../../lib/metrics.ts';
import { DEFAULT_BUDGETS } from '../../../radius/attempts.ts';
import { AcctStatus } from '../../../radius/attributes.ts';
import { type AttributeValue, decodePacket, textOf } from '../../../radius/codec.ts';
import { startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { chapPeer, msChap2Peer } from '../../../radius/peer.fixture.ts';
import {
  accessRequest,
  accountingRequest,
  type LoginPacket,
  seedSubscriber,
  seedVoucher,
} from '../../../radius/radius.fixture.ts';
import { eventually } from '../../fixtures/eventually.ts';
import {
  counted,
  HOST,
  type NasSocket,
  PORTAL_SECRET,
  radiusStand,
  type Served,
  type Stand,
} from '../../fixtures/radius-stand.ts';
import { verdict } from './auth-stand.ts';

const NAS = '127.0.0.77';
const PORTAL = '127.0.0.9';
const NAME = 'zubaidah.qomariah';
const PASSWORD = 'rahasia-zubaidah';
const WRONG = 'salah-zubaidah';
const NUMBER = '081234567890';
const MAC = 'A6:B7:C8:D9:EA:01';
const REMEMBERED = 'A6:B7:C8:D9:EA:02';
const STRANGER = 'A6:B7:C8:D9:EA:03';
const IP = '172.16.77.99';

let stand: Stand;
let served: Served;
let router: NasSocket;
let portal: NasSocket;
let enforcing: Metrics;
let log = '';
const logger = pino(
  { level: 'trace' },
  {
    write: (line: string) => {
      log += line;
    },
  },
);
let card: { id: string; code: string };
let token: { username: string; token: string };
let said: string[];

beforeAll(async () => {
  stand = await radiusStand({ routerAddress: NAS });
  served = await stand.serve({ log: logger });
  router = await stand.nas(NAS);
  portal = await stand.nas(PORTAL);
  enforcing = createMetrics();
  const { store } = stand;
  const account = await seedSubscriber(store, NAME, PASSWORD, 'G', true);
  card = await seedVoucher(store, 'G');
  await store.rememberDevice({
    mac: REMEMBERED,
    accountKind: account.kind,
    accountId: account.id,
    label: '',
    expiresAt: Date.now() + 3_600_000,
    origin: 'operator',
    at: Date.now(),
  });
  token = await store.issueToken({
    accountKind: 'voucher',
    accountId: card.id,
    mac: MAC,
    routerId: stand.router.id,
    at: Date.now(),
    ttlMs: 60_000,
  });
  said = [];
}, 60_000);
afterAll(() => stand[Symbol.asyncDispose]());

async function show(login: Omit<LoginPacket, 'more'>, mac = MAC): Promise<string | undefined> {
  const more: AttributeValue[] = [
    ['Calling-Station-Id', mac],
    ['Framed-IP-Address', IP],
  ];
  const { bytes } = accessRequest({ ...login, identifier: said.length % 256, more });
  const reply = decodePacket(await router.ask(bytes, served.authPort));
  said.push(verdict(reply));
  return textOf(reply, 'Class');
}

async function ask(username: string, password: string, mac = MAC): Promise<void> {
  const more: AttributeValue[] = [
    ['Service-Type', 8],
    ['NAS-Identifier', stand.router.name],
    ['Calling-Station-Id', mac],
    ['Framed-IP-Address', IP],
  ];
  const login = { username, password, secret: PORTAL_SECRET, identifier: said.length % 256, more };
  const { bytes } = accessRequest(login);
  said.push(verdict(decodePacket(await portal.ask(bytes, served.authPort))));
}

async function report(status: number, session: string | undefined): Promise<void> {
  const attributes: AttributeValue[] = [
    ['Acct-Status-Type', status],
    ['Acct-Session-Id', '80000001'],
    ['User-Name', token.username],
    ['Calling-Station-Id', MAC],
    ['Framed-IP-Address', IP],
    ...(session === undefined ? [] : ([['Class', session]] as const)),
  ];
  await router.ask(accountingRequest(attributes), served.acctPort);
}

/** Packets that are dropped: what is wrong with them is logged, and they carry a person's data. */
function spoil(): void {
  const { bytes } = accessRequest({ username: NAME, password: PASSWORD });
  const unsigned = accessRequest({
    username: NAME,
    password: PASSWORD,
    messageAuthenticator: false,
  });
  const another = accessRequest({
    username: NUMBER,
    password: PASSWORD,
    secret: 'not-the-secret-1',
  });
  const accounting = accountingRequest([['User-Name', NAME]]);
  // The first attribute behind the Message-Authenticator is the name; then none fits into the packet.
  const longer = Buffer.from(bytes);
  longer[39] = 255;
  const texts = [bytes.subarray(0, 30), longer, unsigned.bytes, another.bytes, accounting];
  for (const text of texts) {
    router.socket.send(text, served.authPort, HOST);
    router.socket.send(text, served.acctPort, HOST);
  }
}

/** As it is shown, and in every form that somebody might write it in. */
function formsOf(text: string): string[] {
  const plain = text.replaceAll(/[\s:.-]/g, '');
  const pairs = plain.match(/../g) ?? [];
  const national = /^0(8\d{7,})$/.exec(plain)?.[1];
  const isIp = text === IP;
  return [
    text,
    ...(isIp ? [] : [plain]),
    ...(text.includes(':') ? [pairs.join('-'), plain.match(/.{4}/g)!.join('.')] : []),
    ...(national === undefined ? [] : [national]),
    Buffer.from(text).toString('hex'),
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
  ].map((form) => form.toLowerCase());
}

it('is in no line of the log, and in no metric', async () => {
  const session = await show({ username: token.username, password: token.token });
  await report(AcctStatus.start, session);
  await report(AcctStatus.interim, session);
  await report(AcctStatus.interim, 'no session of ours');
  await show({ username: token.username, password: 'not-the-token' });
  await show({ username: token.username, password: token.token }, STRANGER);
  await show({ username: NAME, password: PASSWORD });
  await show({ username: NAME, password: '', proof: chapPeer(PASSWORD) });
  await show({ username: NAME, password: '', proof: msChap2Peer(NAME, WRONG) });
  await show({ username: REMEMBERED, password: '' }, REMEMBERED);
  await show({ username: STRANGER, password: STRANGER }, STRANGER);
  await show({ username: card.code, password: card.code }, STRANGER);
  const byRouter = (username: string, password: string) => show({ username, password }, STRANGER);
  for (const by of [ask, byRouter]) {
    await by(NAME, PASSWORD);
    await by(card.code, card.code);
    for (let i = 0; i <= DEFAULT_BUDGETS.account.burst; i += 1) await by(NUMBER, WRONG);
  }
  spoil();
  await using _ = startEnforcer({
    store: stand.store,
    clock: realClock,
    log: logger,
    metrics: createEnforceMetrics(enforcing),
    pollMs: 10,
    timeoutMs: 10,
    tries: 1,
  });
  await stand.store.revokeVoucher({ id: card.id, at: Date.now() });
  await eventually(
    () => counted(enforcing, 'smartwifi_radius_disconnects_total'),
    (count) => count > 0,
    30_000,
  );
  await report(AcctStatus.stop, session);

  const metrics = await renderMetrics([await served.metrics.json(), await enforcing.json()]);
  const written = `${log}\n${metrics}`.toLowerCase();
  const personal = [NAME, PASSWORD, WRONG, NUMBER, MAC, REMEMBERED, STRANGER, IP, card.code];
  personal.push(token.username, token.token);
  expect(new Set(said)).toEqual(new Set(['accept', 'SW-BADCRED', 'SW-TOKEN', 'SW-LIMIT']));
  expect(log).toContain('packet dropped');
  expect(log).toContain('request sent');
  expect(personal.flatMap(formsOf).filter((form) => written.includes(form))).toEqual([]);
}, 60_000);
