/** What the commands of a router's life share: scripts, the peers file, the settings they need. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { writePeersFile } from '../../controller/enrol/peers-file.ts';
import { enrolScript, type ScriptForm } from '../../controller/enrol/script.ts';
import { apiPasswordOf } from '../../controller/village.ts';
import { realClock } from '../../lib/clock.ts';
import { SmartWifiError } from '../../lib/errors.ts';
import type { Store } from '../../store/contract.ts';
import type { EnrolmentOffer, Router, TunnelPool } from '../../store/types.ts';
import { type CommandContext, UsageError } from '../command.ts';
import { tunnelOf } from '../serve/settings.ts';

export const API_USER = 'sw-ctl';
/** The life of a script. */
export const OFFER_MS = 30 * 60_000;
const FORMS: readonly ScriptForm[] = ['paste', 'netinstall'];

export const ROUTER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

export function tunnelPool({ network, resolver }: Config): TunnelPool {
  const { controllerAddress, radiusAddress, radiusStandbyAddress } = network;
  const { portalAddress, resolverAddress } = network;
  const all = [controllerAddress, radiusAddress, radiusStandbyAddress, portalAddress];
  const reserved = [...all, resolverAddress, resolver.blockAddress];
  return { subnet: network.tunnelSubnet, reserved: reserved.filter((one) => one !== undefined) };
}

export function formOption(text: string | undefined): ScriptForm {
  const form = FORMS.find((one) => one === (text ?? 'paste'));
  if (form === undefined) throw new UsageError(`--form is paste or netinstall, not ${text}`);
  return form;
}

/** Makes what was handed out before worthless. Throws `ROUTER_ENROLMENT` for a router that is gone. */
export async function makeScript(
  context: CommandContext,
  store: Store,
  router: Router,
  form: ScriptForm,
): Promise<{ text: string; expiresAt: number }> {
  const { config } = context;
  const tunnel = tunnelOf(config);
  if (tunnel === null) {
    throw new UsageError(
      'no script without a tunnel: set network.tunnelEndpoint and wireguard.publicKey',
    );
  }
  const offer = await store.offerEnrolment({
    routerId: router.id,
    at: realClock.now(),
    ttlMs: OFFER_MS,
  });
  if (offer === null) {
    throw new SmartWifiError('ROUTER_ENROLMENT', `${router.name} is lost or released`);
  }
  return { text: scriptOf(config, store, router, offer, form), expiresAt: offer.expiresAt };
}

function scriptOf(
  config: Config,
  store: Store,
  router: Router,
  offer: EnrolmentOffer,
  form: ScriptForm,
): string {
  const tunnel = tunnelOf(config)!;
  const input = {
    name: router.name,
    token: offer.token,
    address: router.address,
    tunnelSubnet: config.network.tunnelSubnet,
    controllerAddress: config.network.controllerAddress,
    endpoint: tunnel.endpoint,
    serverKey: tunnel.publicKey,
    presharedKey: offer.presharedKey,
    apiUser: API_USER,
    apiPassword: apiPasswordOf(store, offer.apiSeed),
  };
  return enrolScript(input, form);
}

/** It holds secrets: for its owner alone. */
export async function writeSecretFile(path: string, text: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
}

/** Tells the root helper, which waits for the file to change. Nothing where the tunnel is set up by hand. */
export async function writePeers({ config }: CommandContext, store: Store): Promise<void> {
  if (tunnelOf(config) === null) return;
  await writePeersFile(config.wireguard.peersFile, await store.wireguardPeers());
}
