/** The table of kinds. */
import { fonnte } from './fonnte.ts';
import type {
  GatewayAnswer,
  GatewayConfig,
  GatewayKind,
  GatewayRequest,
  Kind,
  Message,
  Sent,
} from './gateway.ts';
import { generic } from './generic.ts';
import { verihubs } from './verihubs.ts';
import { wablas } from './wablas.ts';
import { whatsapp } from './whatsapp.ts';
import { zenziva } from './zenziva.ts';

const KINDS: { readonly [K in GatewayKind]: Kind<K> } = {
  fonnte,
  wablas,
  zenziva,
  verihubs,
  whatsapp,
  http: generic,
};

export function requestOf<G extends GatewayConfig>(gateway: G, message: Message): GatewayRequest {
  return (KINDS[gateway.kind] as Kind<GatewayKind>).request(gateway, message);
}

export function readAnswer<G extends GatewayConfig>(gateway: G, answer: GatewayAnswer): Sent {
  return (KINDS[gateway.kind] as Kind<GatewayKind>).read(answer, gateway);
}
