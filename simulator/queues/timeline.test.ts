import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockOn, createTimeline } from './timeline.ts';

describe('a timeline', () => {
  it('lets everything happen in its time, equals in the order of their calls', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), (times) => {
        const timeline = createTimeline();
        const happened: { at: number; index: number }[] = [];
        times.forEach((time, index) => {
          timeline.at(time, () => void happened.push({ at: timeline.now(), index }));
        });

        timeline.runUntil(100);

        const wanted = times.map((at, index) => ({ at, index })).toSorted((a, b) => a.at - b.at);
        expect(happened).toEqual(wanted);
        expect(timeline.now()).toBe(100);
      }),
    );
  });

  it('forgets what was taken back', () => {
    const timeline = createTimeline();
    const happened: string[] = [];
    const forget = timeline.at(5, () => void happened.push('first'));
    timeline.at(6, () => void happened.push('second'));

    forget();

    expect(timeline.next()).toBe(6);
    timeline.runUntil(10);
    expect(happened).toEqual(['second']);
    expect(timeline.step()).toBe(false);
  });

  it('is a clock, whose sleepers wake in time or at a signal', async () => {
    const timeline = createTimeline(1000);
    let woken = 0;
    const clock = clockOn(timeline, () => {
      woken += 1;
    });
    const stop = new AbortController();
    const slept = clock.sleep(50);
    const stopped = clock.sleep(60, stop.signal);
    stop.abort(new Error('enough'));

    timeline.runUntil(2000);

    await expect(slept).resolves.toBeUndefined();
    await expect(stopped).rejects.toThrow('enough');
    expect([woken, clock.now()]).toEqual([1, 2000]);
  });
});
