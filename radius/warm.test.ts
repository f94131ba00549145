import { once } from 'node:events';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { newWarmGroup, type WarmGroup, type WarmPasswords, warmPasswords } from './warm.ts';

const SITI = { id: 's1', passwordHash: 'argon2id$1' };
const opened: Disposable[] = [];

afterEach(() => {
  for (const one of opened.splice(0)) one[Symbol.dispose]();
});

function thread(group: WarmGroup): WarmPasswords {
  const warm = warmPasswords(group);
  opened.push(warm);
  return warm;
}

/** Resolves when everybody who listens has heard what was said before. */
async function heard({ channel }: WarmGroup, say: () => void): Promise<void> {
  const listener = new BroadcastChannel(channel);
  const message = once(listener as unknown as EventTarget, 'message');
  say();
  await message;
  listener.close();
}

it('a password that was right is right again, for that very row only', () => {
  const warm = thread(newWarmGroup());
  warm.keep(SITI, 'benar');

  expect(warm.holds(SITI, 'benar')).toBe(true);
  expect(warm.holds(SITI, 'salah')).toBe(false);
  expect(warm.holds({ ...SITI, passwordHash: 'argon2id$2' }, 'benar')).toBe(false);
  expect(warm.holds({ ...SITI, id: 's2' }, 'benar')).toBe(false);
});

it('is forgotten with its subscriber', () => {
  const warm = thread(newWarmGroup());
  warm.keep(SITI, 'benar');
  warm.forget(SITI.id);

  expect(warm.holds(SITI, 'benar')).toBe(false);
});

it('is told to the other threads, and to no other process', async () => {
  const group = newWarmGroup();
  const [first, second] = [thread(group), thread(group)];
  const stranger = thread({ ...newWarmGroup(), channel: group.channel });
  await heard(group, () => first.keep(SITI, 'benar'));

  expect(second.holds(SITI, 'benar')).toBe(true);
  expect(second.holds(SITI, 'salah')).toBe(false);
  expect(stranger.holds(SITI, 'benar')).toBe(false);
});

it('never tells the password itself', async () => {
  const group = newWarmGroup();
  const listener = new BroadcastChannel(group.channel);
  const message = once(listener as unknown as EventTarget, 'message');
  thread(group).keep(SITI, 'benar-sekali');
  const [{ data }] = (await message) as [{ data: unknown }];
  listener.close();

  expect(JSON.stringify(data)).not.toContain('benar-sekali');
});
