/** Days of people at one router that our controller has set up: their phones, their cards, and time by hand. */
import { type Assistant, createAssistant } from '../../../simulator/phones/assistant.ts';
import type { Phone } from '../../../simulator/phones/contract.ts';
import type { NewTariff } from '../../../store/types.ts';
import { outageStand, type Stand } from '../outage/stand.ts';

export interface Person {
  readonly phone: Phone;
  readonly assistant: Assistant;
}

const STEP_MINUTES = 5;

export async function openDay(): Promise<Stand> {
  const stand = await outageStand({ routers: 1, settings: () => ({}) });
  await stand.serve();
  return stand;
}

export function lifeOf(standing: () => Stand) {
  return {
    person: (mac: string): Person => {
      const stand = standing();
      const phone = stand.simulator.phone(stand.routers[0]!.name, mac, 'android');
      return { phone, assistant: createAssistant(phone, 'android') };
    },
    /** For one phone at a time, 500 MB a day. */
    card: async (limits: Partial<NewTariff> = {}): Promise<string> => {
      const { store, clock } = standing();
      const at = clock.now();
      const tariff = { name: 'harian', devices: 1, dailyOctets: 5e8, ...limits, at };
      await store.createTariff(tariff);
      const wanted = { tariff: tariff.name, count: 1, villageCode: null, batch: 'a', at };
      return (await store.createVouchers(wanted))[0]!.code;
    },
    pass: async (minutes: number): Promise<void> => {
      const stand = standing();
      for (let left = minutes; left > 0; left -= STEP_MINUTES) {
        stand.clock.advance(STEP_MINUTES * 60_000 - 1000);
        await stand.second();
      }
    },
  };
}
