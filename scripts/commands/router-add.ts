/** Routers before they exist: one by one or a whole file, each with the script that brings it in. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { realClock } from '../../lib/clock.ts';
import { SmartWifiError } from '../../lib/errors.ts';
import { parseIpv4 } from '../../lib/net.ts';
import type { Store } from '../../store/contract.ts';
import type { RouterToAdd } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  operand,
  operandsOf,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { parseCsv } from '../csv.ts';
import { qrPicture, qrPictureOf, qrTerminal } from '../qr.ts';
import { tunnelOf } from '../serve/settings.ts';
import {
  API_USER,
  formOption,
  makeScript,
  ROUTER_NAME,
  tunnelPool,
  writeSecretFile,
} from './enrolment.ts';
import { requireRouter } from './router.ts';

const PORT = { min: 1, max: 65_535 };

/** Every row that is wrong, with its line number; nothing was added. */
class RouterFileError extends SmartWifiError {
  constructor(problems: readonly string[]) {
    const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
    super('ROUTER_FILE', `nothing was added; ${count}:\n${problems.join('\n')}`);
  }
}

export const routerAdd: Command = {
  summary: 'make a router known; prints its one-time script where the tunnel is configured',
  usage:
    'NAME --village CODE [--address HOST] [--script FILE] [--form paste|netinstall] [--api-port N] [--user U --password W] [--nas-secret S] [--coa-port N]',
  options: {
    village: { type: 'string' },
    address: { type: 'string' },
    script: { type: 'string' },
    form: { type: 'string' },
    'api-port': { type: 'string' },
    user: { type: 'string' },
    password: { type: 'string' },
    'nas-secret': { type: 'string' },
    'coa-port': { type: 'string' },
  },
  run: (context) =>
    withStore(context, async (store) => {
      const { config, options } = context;
      const name = operand(context, 'the name of the router');
      if (!ROUTER_NAME.test(name)) {
        throw new UsageError(`${name} is no router name: letters, digits and hyphens`);
      }
      const address = textOption(options, 'address') ?? null;
      if (address !== null && parseIpv4(address) === null)
        throw new UsageError(`--address ${address} is not an IPv4 address`);
      // Somebody who gives the router's user has set it up by hand.
      const byHand = textOption(options, 'user') !== undefined;
      const scripted = !byHand && tunnelOf(config) !== null;
      if (!scripted && address === null) {
        throw new UsageError('--address is missing: without a configured tunnel none is allotted');
      }
      const form = formOption(textOption(options, 'form'));
      const [router] = await store.addRouters({
        routers: [{ ...newRow(context, name, requiredOption(options, 'village')), address }],
        tunnel: tunnelPool(config),
      });
      await audit(store, 'router.add', name, router!.address);
      const known = `router ${name} is known; its village LAN is ${router!.lanSubnet}`;
      if (!scripted) {
        context.print(router, known);
        return 0;
      }
      const { text, expiresAt } = await makeScript(context, store, router!, form);
      await audit(store, 'router.script', name, form);
      const file = textOption(options, 'script');
      if (file !== undefined) await writeSecretFile(file, text);
      context.print(
        { ...router, script: file ?? text, scriptExpiresAt: expiresAt },
        file === undefined ? `${known}\n\n${text}` : `${known}; its script is in ${file}`,
      );
      return 0;
    }),
};

export const routerScript: Command = {
  summary: 'make another one-time script for a router; the one before is worth nothing from now on',
  usage: 'NAME [--form paste|netinstall] [--script FILE] [--qr] [--qr-file FILE.svg|FILE.png]',
  options: {
    form: { type: 'string' },
    script: { type: 'string' },
    qr: { type: 'boolean' },
    'qr-file': { type: 'string' },
  },
  run: (context) =>
    withStore(context, async (store) => {
      const qrFile = textOption(context.options, 'qr-file');
      const picture = qrFile === undefined ? null : qrPictureOf(qrFile);
      // Before the script is made: the one before would be worth nothing.
      if (qrFile !== undefined && picture === null) {
        throw new UsageError(`--qr-file ends with .svg or .png, not ${qrFile}`);
      }
      const router = await requireRouter(store, operand(context, 'the name of the router'));
      const form = formOption(textOption(context.options, 'form'));
      const { text, expiresAt } = await makeScript(context, store, router, form);
      await audit(store, 'router.script', router.name, form);
      const file = textOption(context.options, 'script');
      if (file !== undefined) await writeSecretFile(file, text);
      if (qrFile !== undefined && picture !== null) {
        await writeSecretFile(qrFile, await qrPicture(text, picture));
      }
      const places = [file, qrFile].filter((one) => one !== undefined);
      const said =
        places.length === 0 ? text : `the script of ${router.name} is in ${places.join(' and ')}`;
      context.print(
        { router: router.name, script: file ?? text, qr: qrFile ?? null, expiresAt },
        context.options.qr === true ? await qrTerminal(text) : said,
      );
      return 0;
    }),
};

export const routerImport: Command = {
  summary: 'make the routers of a CSV file known, all or none; columns name, village and address',
  usage: '--csv FILE [--scripts DIRECTORY] [--form paste|netinstall]',
  options: { csv: { type: 'string' }, scripts: { type: 'string' }, form: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      operandsOf(context, []);
      const text = await readFile(requiredOption(context.options, 'csv'), 'utf8');
      const form = formOption(textOption(context.options, 'form'));
      const directory = textOption(context.options, 'scripts');
      if (directory !== undefined && tunnelOf(context.config) === null) {
        throw new UsageError('--scripts needs network.tunnelEndpoint and wireguard.publicKey');
      }
      const rows = await rowsOfCsv(context, store, text);
      const routers = await store.addRouters({ routers: rows, tunnel: tunnelPool(context.config) });
      await audit(store, 'router.import', `${routers.length} routers`, rows[0]?.name ?? '');
      const added: { router: string; address: string; lan: string; script: string | null }[] = [];
      for (const router of routers) {
        const { name, address, lanSubnet: lan } = router;
        const file = directory === undefined ? null : join(directory, `${name}.rsc`);
        if (file !== null) {
          await writeSecretFile(file, (await makeScript(context, store, router, form)).text);
          await audit(store, 'router.script', name, form);
        }
        added.push({ router: name, address, lan, script: file });
      }
      context.print(added, `${added.length} routers are known`);
      return 0;
    }),
};

/** Throws `ROUTER_FILE` that names every line which is wrong. */
async function rowsOfCsv(
  context: CommandContext,
  store: Store,
  text: string,
): Promise<RouterToAdd[]> {
  const { columns, rows } = parseCsv(text);
  const missing = ['name', 'village'].filter((column) => !columns.includes(column));
  const unknown = columns.filter((column) => !['name', 'village', 'address'].includes(column));
  const head = [
    ...missing.map((column) => `line 1: column ${column} is missing`),
    ...unknown.map((column) => `line 1: column ${column} is not known`),
    ...(rows.length === 0 ? ['line 1: no routers follow'] : []),
  ];
  if (head.length > 0) throw new RouterFileError(head);
  const villages = new Set((await store.listVillages()).map(({ code }) => code));
  const seen = new Map<string, number>();
  const problems: string[] = [];
  for (const { line, values } of rows) {
    const { name = '', village = '', address = '' } = values;
    const say = (problem: string): void => void problems.push(`line ${line}: ${problem}`);
    if (!ROUTER_NAME.test(name)) say(`"${name}" is no router name`);
    else if ((await store.routerByName(name)) !== null) say(`there is a router ${name} already`);
    if (!villages.has(village)) say(`there is no village "${village}"`);
    if (address !== '' && parseIpv4(address) === null) say(`"${address}" is no IPv4 address`);
    else if (address !== '' && (await store.nasByAddress(address)) !== null)
      say(`another router has the address ${address}`);
    for (const what of [name, address].filter((one) => one !== '')) {
      const before = seen.get(what);
      if (before !== undefined) say(`${what} stands in line ${before} already`);
      seen.set(what, line);
    }
  }
  if (problems.length > 0) throw new RouterFileError(problems);
  return rows.map(({ values: { name = '', village = '', address = '' } }) => ({
    ...newRow(context, name, village),
    address: address === '' ? null : address,
  }));
}

function newRow(
  { config, options }: CommandContext,
  name: string,
  villageCode: string,
): Omit<RouterToAdd, 'address'> {
  const { network } = config;
  const user = textOption(options, 'user');
  const secret = textOption(options, 'nas-secret');
  if (secret === '') throw new UsageError('--nas-secret is empty: leave it out to have one made');
  const byHand = user !== undefined || tunnelOf(config) === null;
  return {
    name,
    villageCode,
    apiPort: numberOption(options, 'api-port', PORT) ?? 8728,
    apiUser: user ?? (byHand ? 'admin' : API_USER),
    apiPassword: textOption(options, 'password') ?? '',
    nasSecret: secret ?? randomBytes(24).toString('base64url'),
    coaPort: numberOption(options, 'coa-port', PORT) ?? 3799,
    hotspotPort: network.hotspotPort,
    loginHost: network.loginHost,
    lanPool: network.lanPool,
    at: realClock.now(),
  };
}
