import { describe, expect, it } from 'vitest';
import { nextAfter } from './scheduler.ts';
import { add, livingRouter, set } from './test-system.ts';

const MENU = '/system/scheduler';
const say = (text: string): string => `:log info "${text}"`;

describe('the scheduler', () => {
  it('runs a script each interval, first one interval after it was added', async () => {
    const { tree, advance, logged } = livingRouter();
    const id = add(tree, MENU, { name: 'a', interval: '10m', 'on-event': say('jalan') });

    await advance(599_000);
    const before = logged('script').length;
    await advance(1000);
    await advance(600_000);

    expect(before).toBe(0);
    expect(logged('script')).toEqual(['jalan', 'jalan']);
    const row = tree.find(MENU, id)!;
    expect(tree.printed(MENU, row)).toMatchObject({ 'run-count': '2' });
    expect(tree.printed(MENU, row)['next-run']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  it('keeps local times of the day', async () => {
    const { tree, clock, advance, logged } = livingRouter();
    set(tree, '/system/clock', { 'time-zone-name': 'Asia/Jakarta' });
    const inAnHour = new Date(clock.now() + 8 * 3_600_000).toISOString();
    const at = { 'start-date': inAnHour.slice(0, 10), 'start-time': inAnHour.slice(11, 19) };
    add(tree, MENU, { name: 'a', ...at, 'on-event': say('pagi') });

    await advance(3_598_000);
    const before = logged('script').length;
    await advance(2000);
    await advance(86_400_000);

    expect(before).toBe(0);
    expect(logged('script')).toEqual(['pagi']);
  });

  it('runs what starts with the router at each boot, and not when it is added', async () => {
    const { tree, system, advance, logged } = livingRouter();
    add(tree, MENU, { name: 'a', 'start-time': 'startup', 'on-event': say('nyala') });

    await advance(10_000);
    const before = logged('script').length;
    system.powerCut();
    system.powerOn();
    await advance(2999);
    const early = logged('script').length;
    await advance(1);

    expect([before, early]).toEqual([0, 0]);
    expect(logged('script')).toEqual(['nyala']);
  });

  it('of a clock hours back waits until the clock is right; then it runs once', async () => {
    const router = livingRouter();
    const { tree, system, advance, logged } = router;
    add(tree, MENU, { name: 'a', interval: '10m', 'on-event': say('jalan') });
    system.powerCut();
    router.misset(-86_400_000);
    system.powerOn();

    await advance(3_600_000);
    const late = logged('script').length;
    router.misset(0);
    await advance(60_000);
    await advance(59_000);

    expect(late).toBe(0);
    expect(logged('script')).toEqual(['jalan']);
  });

  it('runs a script of /system/script by its name, with no more rights than it was given', async () => {
    const { tree, advance, logged } = livingRouter();
    add(tree, '/system/script', { name: 'tugas', source: say('tugas') });
    add(tree, MENU, { name: 'a', interval: '1m', 'on-event': 'tugas', policy: 'read' });
    add(tree, MENU, { name: 'b', interval: '1m', 'on-event': 'tugas' });

    await advance(60_000);

    expect(logged('script,info')).toEqual(['tugas']);
    expect(logged('script,error,debug')).toEqual(['(scheduler:a) not enough permissions (9)']);
    expect(tree.find('/system/script', 'tugas')?.values['run-count']).toBe('1');
  });

  it('logs what failed, with the command it failed at', async () => {
    const { tree, advance, logged } = livingRouter();
    const event = '\n/ip pool add name=default-dhcp ranges=10.0.0.1';
    add(tree, MENU, { name: 'a', interval: '1m', 'on-event': event });

    await advance(60_000);

    expect(logged('script,error')).toEqual([
      'executing script from scheduler:a failed, please check it manually',
      '(scheduler:a) failure: already have pool with such name (/ip/pool/add; line 2)',
    ]);
  });

  it('runs nothing where the device mode forbids it', async () => {
    const { tree, advance, logged } = livingRouter({ deviceMode: 'home' });
    add(tree, MENU, { name: 'a', interval: '1m', 'on-event': say('jalan') });

    await advance(600_000);

    expect(logged('script')).toEqual([]);
    expect(tree.rows(MENU)[0]?.values.about).toBe('inactivated, not allowed by device-mode');
  });

  it('forgets what was removed or disabled', async () => {
    const { tree, advance, logged } = livingRouter();
    const a = add(tree, MENU, { name: 'a', interval: '1m', 'on-event': say('a') });
    const b = add(tree, MENU, { name: 'b', interval: '1m', 'on-event': say('b') });

    tree.remove(MENU, [a]);
    tree.set(MENU, [b], new Map([['disabled', 'yes']]));
    await advance(600_000);

    expect(logged('script')).toEqual([]);
  });
});

describe('nextAfter', () => {
  it.each([
    [100, 0, 50, 100],
    [100, 0, 100, null],
    [100, 10, 100, 110],
    [100, 10, 119, 120],
    [100, 10, 120, 130],
  ])('start %i interval %i now %i: %s', (start, interval, now, expected) => {
    expect(nextAfter(start, interval, now)).toBe(expected);
  });
});
