import { expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import { createDeviceProbe } from './device-probe.ts';
import { MAC, NOW, OTHER, usage } from './facts.fixture.ts';
import type { ProbeResult } from './probe.ts';

const open = (id: string, mac: string, startedAt: number) => ({
  id,
  mac,
  routerId: 'r',
  startedAt,
});
const TWO = {
  ...usage,
  open: [open('new', OTHER, NOW), open('old', OTHER, NOW - 1), open('own', MAC, 1)],
};

function setup(result: ProbeResult) {
  const clock = steppedClock();
  const asked: string[] = [];
  const probe = async (id: string): Promise<ProbeResult> => {
    asked.push(id);
    return result;
  };
  return { clock, asked, freeSlot: createDeviceProbe({ clock, probe }) };
}

it('asks about the oldest session of another phone', async () => {
  const { freeSlot, asked } = setup('gone');

  expect(await freeSlot('v1', TWO, MAC)).toBe(true);
  expect(asked).toEqual(['old']);
});

it('asks once in half a minute, each account for itself', async () => {
  const { freeSlot, asked, clock } = setup('alive');
  await freeSlot('v1', TWO, MAC);
  await freeSlot('v1', TWO, MAC);
  await freeSlot('v2', TWO, MAC);
  clock.advance(30_000);
  await freeSlot('v1', TWO, MAC);

  expect(asked).toHaveLength(3);
});

it('has nothing to ask without another phone, or without a way to ask', async () => {
  const { freeSlot, asked } = setup('gone');
  const mute = createDeviceProbe({ clock: steppedClock() });

  expect(await freeSlot('v1', { ...usage, open: [open('own', MAC, 1)] }, MAC)).toBe(false);
  expect(await mute('v1', TWO, MAC)).toBe(false);
  expect(asked).toEqual([]);
});
