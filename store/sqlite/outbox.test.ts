import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { outbox } from './outbox.ts';

it('posts what one turn of the loop says at once and in order, and nothing twice', async () => {
  const posts: unknown[] = [];
  const say = outbox<number>({ postMessage: (value) => posts.push(value) });

  say(1);
  say(2);
  await nextTurn();
  say(3);
  await nextTurn();
  await nextTurn();

  expect(posts).toEqual([[1, 2], [3]]);
});
