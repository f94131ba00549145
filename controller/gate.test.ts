import { describe, expect, it } from 'vitest';
import { createGate } from './gate.ts';

describe('createGate', () => {
  it('lets in at most its limit, the others in order', async () => {
    const gate = createGate(2);
    const { signal } = new AbortController();
    const doors = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const inside: number[] = [];
    const visits = doors.map((door, i) =>
      gate.enter(async () => {
        inside.push(i);
        await door.promise;
      }, signal),
    );

    expect(inside).toEqual([0, 1]);
    expect(gate.waiting).toBe(2);
    doors[1]!.resolve();
    await visits[1];

    expect(inside).toEqual([0, 1, 2]);
    for (const door of doors) door.resolve();
    await Promise.all(visits);
    expect(inside).toEqual([0, 1, 2, 3]);
  });

  it('lets the next in when work fails, and forgets who gives up', async () => {
    const gate = createGate(1);
    const { signal } = new AbortController();
    const tired = new AbortController();
    const door = Promise.withResolvers<void>();
    const first = gate.enter(() => door.promise, signal);
    const second = gate.enter(async () => 'second', tired.signal);
    const third = gate.enter(async () => 'third', signal);

    tired.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    door.reject(new Error('broken'));

    await expect(first).rejects.toThrow('broken');
    await expect(third).resolves.toBe('third');
  });
});
