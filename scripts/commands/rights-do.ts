/** `rights do`: what "my data" does, for who comes to the counter; each act is kept as a request that was done. */
import { realClock } from '../../lib/clock.ts';
import { readName } from '../../portal/account/data.ts';
import { exportOf } from '../../portal/account/export.ts';
import { chainWaiting } from '../../radius/consents.ts';
import type { Store } from '../../store/contract.ts';
import {
  audit,
  type Command,
  type CommandContext,
  operandsOf,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';
import { reasonIn } from './reason.ts';
import { requestTable } from './rights.ts';
import { type Asking, askingAt } from './rights-who.ts';

const HOUR_MS = 3_600_000;
const SESSIONS_SHOWN = 20;

interface Counter {
  readonly context: CommandContext;
  readonly store: Store;
  readonly who: Asking;
  readonly at: number;
}

const ACTS = { view, export: exported, erase, withdraw, correct } as const;
type Act = keyof typeof ACTS;

export const rightsDo: Command = {
  summary:
    'do for a citizen at the counter what "my data" does: the reason goes into the audit trail',
  usage:
    'view|export|erase|withdraw|correct (USERNAME|PHONE|VOUCHER | --device MAC --case CODE) --reason TEXT [--name NAME] [--now]',
  options: {
    reason: { type: 'string' },
    name: { type: 'string' },
    now: { type: 'boolean' },
    device: { type: 'string' },
    case: { type: 'string' },
  },
  run: async (context) => {
    const names = ['what to do', 'a user name, phone number or voucher code'];
    const isPhone = context.options.device !== undefined;
    const [act = '', who] = operandsOf(context, isPhone ? names.slice(0, 1) : names);
    if (!isAct(act)) throw new UsageError(`${act} is none of ${Object.keys(ACTS).join(', ')}`);
    const reason = reasonIn(context.options);
    return withStore(context, async (store) => {
      const at = realClock.now();
      const asking = await askingAt(context, store, who, at);
      await audit(store, `rights.${act}`, asking.name, reason);
      await chainWaiting({ store });
      await ACTS[act]({ context, store, who: asking, at });
      return 0;
    });
  },
};

function isAct(text: string): text is Act {
  return Object.hasOwn(ACTS, text);
}

/** The same as a file and on the screen. */
async function exported(counter: Counter): Promise<void> {
  const { context, store, who } = counter;
  const document = exportOf(who.account, await store.ownData(who.account));
  await record(counter, 'export');
  context.print(document, JSON.stringify(document, null, 2));
}

async function view(counter: Counter): Promise<void> {
  const { context, store, who } = counter;
  const data = await store.ownData(who.account);
  const document = exportOf(who.account, data);
  const zone = context.config.timeZone;
  await record(counter, 'export');
  const facts = Object.entries(document.account).map(([name, value]) => [name, String(value)]);
  context.print(
    document,
    [
      table(['what', 'is'], facts),
      table(
        ['session from', 'to', 'router', 'device'],
        data.sessions
          .slice(0, SESSIONS_SHOWN)
          .map((one) => [
            instant(one.startedAt, zone),
            instant(one.stoppedAt, zone),
            one.router,
            one.mac,
          ]),
      ),
      table(
        ['consent', 'at', 'router', 'way'],
        data.consents.map((one) => [one.act, instant(one.at, zone), one.router, one.method]),
      ),
      `${data.sessions.length} sessions, ${data.days.length} days of use, ${data.topUps.length} top-ups; all of it: rights do export`,
    ].join('\n\n'),
  );
}

async function erase({ context, store, who, at }: Counter): Promise<void> {
  const graceMs = context.options.now === true ? 0 : 24 * HOUR_MS;
  const asked = { account: who.account, via: 'operator', graceMs, at };
  const request = await store.requestErasure(asked);
  context.print(request, requestTable([request], context.config.timeZone, at));
}

async function withdraw(counter: Counter): Promise<void> {
  const { context, store, who, at } = counter;
  const entry = await store.withdrawConsent({
    ...{ account: who.account, mac: who.mac, villageCode: who.account.villageCode ?? '' },
    ...{ router: '', language: 'id', method: 'operator', at },
  });
  await record(counter, 'withdraw');
  const said = entry === null ? 'nothing was agreed to' : `withdrawn, entry ${entry}`;
  context.print({ entry }, said);
}

async function correct(counter: Counter): Promise<void> {
  const { context, store, who, at } = counter;
  if (who.account.kind === 'voucher') throw new UsageError('a voucher has no name to correct');
  const displayName = readName(textOption(context.options, 'name') ?? '<');
  if (displayName === undefined) throw new UsageError('--name is missing, or no name');
  await store.correctProfile({ subscriberId: who.account.id, displayName, at });
  await record(counter, 'correct');
  context.print({ corrected: true }, 'the name was corrected');
}

async function record(
  { store, who, at }: Counter,
  kind: 'export' | 'withdraw' | 'correct',
): Promise<void> {
  await store.recordRight({ kind, account: who.account, via: 'operator', at });
}
