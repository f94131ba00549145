/** A phone of a maker with its window, and what the rows of docs/compatibility.md share. */
import type { Provider } from '../../../portal/gateways/provider.fixture.ts';
import type { Enforcer } from '../../../radius/enforce.ts';
import { type Assistant, createAssistant } from '../../../simulator/phones/assistant.ts';
import type { Phone } from '../../../simulator/phones/contract.ts';
import { randomMac } from '../../../simulator/phones/habits.ts';
import type { PhoneKind } from '../../../simulator/phones/probes.ts';
import { PORTS, SERVER } from '../outage/server.ts';
import type { Stand } from '../outage/stand.ts';

export const PORTAL = `http://${SERVER}:${PORTS.portal}`;
export const TARIFF = 'warga';
/** One phone at a time, the newest: an address that changed is a new phone. */
export const CARD = 'kartu';
/** The village whose phones get a pass while they wait for their code; the others wait without. */
export const WITH_PASS = 1;
/** Of the provider's, at its webhook. */
export const HOOK_SECRET = 'rahasia-webhook-desa';

export interface Regency {
  readonly stand: Stand;
  readonly provider: Provider;
  readonly enforcer: Enforcer;
}

export interface Visitor {
  readonly phone: Phone;
  readonly assistant: Assistant;
}

export interface Row {
  readonly what: string;
  /** In a regency that sends no codes. */
  readonly isWithoutCodes?: boolean;
  /** Throws what is wrong; resolves to a note for the table. */
  readonly run: (kind: PhoneKind) => Promise<string>;
}

export function visitorAt(
  { simulator, routers }: Stand,
  kind: PhoneKind,
  { mac = randomMac(Math.random), village = 0 } = {},
): Visitor {
  const phone = simulator.phone(routers[village]!.name, mac, kind);
  return { phone, assistant: createAssistant(phone, kind) };
}

/** The code of a card that nobody has used. */
export async function cardOf({ store, clock }: Stand): Promise<string> {
  const [made] = await store.createVouchers({
    tariff: CARD,
    count: 1,
    villageCode: null,
    batch: 'kartu',
    at: clock.now(),
  });
  return made!.code;
}
