/** The line that a router's script printed becomes a tunnel, and the tunnel a router that is known by its board. */
import { type Contact, firstContact } from '../../controller/enrol/first-contact.ts';
import { isWireguardKey, parseEnrolLine } from '../../controller/enrol/script.ts';
import { apiPasswordOf } from '../../controller/village.ts';
import { realClock } from '../../lib/clock.ts';
import { SmartWifiError } from '../../lib/errors.ts';
import type { Store } from '../../store/contract.ts';
import type { EnrolResult, Router } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { dialFrom, fingerprintFrom } from '../serve/settings.ts';
import { API_USER, writePeers } from './enrolment.ts';
import { requireRouter } from './router.ts';

const WHY: Record<Exclude<EnrolResult['outcome'], 'enrolled'>, string> = {
  unknown: 'there is no such router, or it is lost or released',
  none: 'no script is out for it, or that script was used already',
  expired: 'its script is older than 30 minutes',
  token: 'the line is not of the script that was made last',
  key: "that key is another router's, or it is dead; run the script again for a new one",
};

interface Given {
  readonly name: string;
  readonly token: string | null;
  /** Null: it enrolled before, and only the first contact is still to be made. */
  readonly publicKey: string | null;
}

export const routerEnrol: Command = {
  summary: 'let a router in by the line that its script printed, and pin the board that answers',
  usage:
    '(--line "SW1 …" | NAME --public-key KEY | NAME) [--wait SECONDS] [--power-cut SECONDS] [--no-contact]',
  options: {
    line: { type: 'string' },
    'public-key': { type: 'string' },
    wait: { type: 'string' },
    'power-cut': { type: 'string' },
    'no-contact': { type: 'boolean' },
  },
  run: (context) =>
    withStore(context, async (store) => {
      const given = givenOf(context);
      const waitSeconds = numberOption(context.options, 'wait', { min: 0, max: 86_400 }) ?? 180;
      const powerCut = numberOption(context.options, 'power-cut', { min: 10, max: 3600 }) ?? 300;
      const before = await requireRouter(store, given.name);
      if (given.publicKey !== null) await enrol(context, store, before, given);
      // Its row has our user now.
      const router = await requireRouter(store, given.name);
      await writePeers(context, store);
      if (context.options['no-contact'] === true) {
        context.print({ router: router.name, contact: null }, `${router.name} is let in`);
        return 0;
      }
      const contact = await contactOf(context, store, router, { waitSeconds, powerCut });
      context.print(
        { router: router.name, contact },
        `${router.name} is enrolled: see smartwifi router plan ${router.name}`,
      );
      return 0;
    }),
};

async function enrol(
  context: CommandContext,
  store: Store,
  router: Router,
  { name, token, publicKey }: Given,
): Promise<void> {
  const offer = (await store.enrolment(router.id))?.offer ?? null;
  const apiSeed = offer?.apiSeed ?? '';
  const result = await store.enrolRouter({
    name,
    token,
    publicKey: publicKey ?? '',
    apiSeed,
    apiUser: API_USER,
    apiPassword: apiPasswordOf(store, apiSeed),
    at: realClock.now(),
  });
  const by = token === null ? 'key vouched for' : 'line';
  const key = `key ${publicKey?.slice(0, 8)}…`;
  if (result.outcome !== 'enrolled') {
    await audit(store, 'router.enrol.refused', name, `${result.outcome}, ${by}, ${key}`);
    throw new SmartWifiError('ROUTER_ENROLMENT', `${name}: ${WHY[result.outcome]}`);
  }
  await audit(store, 'router.enrol', name, `${by}, ${key}`);
  context.progress(`${name}: the key is taken`);
}

async function contactOf(
  context: CommandContext,
  store: Store,
  router: Router,
  times: { waitSeconds: number; powerCut: number },
): Promise<Contact> {
  try {
    const contact = await firstContact({
      store,
      router,
      apiUser: API_USER,
      clock: realClock,
      waitMs: times.waitSeconds * 1000,
      activationMs: times.powerCut * 1000,
      pauseMs: 5000,
      signal: context.signal,
      say: context.progress,
      connect: dialFrom(context.config),
      fingerprint: fingerprintFrom(context.config),
    });
    const { board, serial, version, isFirst, certificate } = contact;
    const shown = certificate === null ? '' : `, certificate ${certificate}`;
    const what = `${board}, serial ${serial}, RouterOS ${version}${shown}`;
    await audit(store, isFirst ? 'router.pin' : 'router.contact', router.name, what);
    return contact;
  } catch (error) {
    if (error instanceof SmartWifiError && error.code === 'ROUTER_IDENTITY') {
      await audit(store, 'router.identity', router.name, error.message);
    }
    throw error;
  }
}

function givenOf({ options, operands }: CommandContext): Given {
  const [name, ...rest] = operands;
  if (rest.length > 0) throw new UsageError(`unexpected: ${rest.join(' ')}`);
  const text = textOption(options, 'line');
  const publicKey = textOption(options, 'public-key') ?? null;
  if (text !== undefined) {
    const line = parseEnrolLine(text);
    if (line === null) throw new UsageError('--line is not a whole line that a script printed');
    if (publicKey !== null) throw new UsageError('give one of --line and --public-key');
    if (name !== undefined && name !== line.name) {
      throw new UsageError(`the line is of ${line.name}, not of ${name}`);
    }
    return line;
  }
  if (name === undefined) throw new UsageError('the line, or the name of the router, is missing');
  if (publicKey !== null && !isWireguardKey(publicKey)) {
    throw new UsageError('--public-key is not a WireGuard key: 44 characters of base64');
  }
  return { name, token: null, publicKey };
}
