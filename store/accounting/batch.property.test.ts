/** Whatever happens to packets on their way, usage, sessions and roll-ups come out the same. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import type { AccountingEvent } from '../types.ts';
import { AT, event, HOUR_MS, Memory } from './memory.fixture.ts';
import type { AccountedRow } from './rows.ts';

/** One session as a NAS lives it. */
interface Life {
  readonly gapSeconds: number;
  readonly steps: readonly { seconds: number; input: number; output: number }[];
  readonly stop: 'User-Request' | 'Session-Timeout' | 'NAS-Reboot' | null;
  readonly bound: boolean;
}

const life: fc.Arbitrary<Life> = fc.record({
  gapSeconds: fc.integer({ min: 130, max: 900 }),
  steps: fc.array(
    fc.record({
      seconds: fc.integer({ min: 1, max: 2400 }),
      input: fc.constantFrom(0, 1, 700, 2 ** 31, 2 ** 33),
      output: fc.constantFrom(0, 5, 9000, 2 ** 32),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  stop: fc.constantFrom('User-Request', 'Session-Timeout', 'NAS-Reboot', null),
  bound: fc.boolean(),
});

/** Each phone lives its sessions one after another, all under one Acct-Session-Id. */
const lives = fc.array(fc.array(life, { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 3,
});

interface Story {
  readonly packets: readonly AccountingEvent[];
  readonly logins: readonly (Partial<AccountedRow> & { id: string })[];
}

function storyOf(phones: readonly (readonly Life[])[]): Story {
  const packets: AccountingEvent[] = [];
  const logins: (Partial<AccountedRow> & { id: string })[] = [];
  phones.forEach((sessions, phone) => {
    let at = AT + 50 * 60_000;
    sessions.forEach(({ gapSeconds, steps, stop, bound }, n) => {
      at += gapSeconds * 1000;
      const id = `class-${phone}-${n}`;
      const who = { mac: `m${phone}`, routerId: `r${1 + (phone % 2)}`, username: `u${phone}` };
      const same = { ...who, sessionId: bound ? id : null };
      if (bound) {
        logins.push({
          id,
          mac: who.mac,
          router_id: who.routerId,
          username: who.username,
          account_id: `a${phone % 2}`,
          started_at: at,
          total_limit_octets: 2 ** 33,
        });
      }
      packets.push(event('start', 0, { ...same, eventAt: at }));
      const total = { seconds: 0, input: 0, output: 0 };
      steps.forEach((step, i) => {
        at += step.seconds * 1000;
        total.seconds += step.seconds;
        total.input += step.input;
        total.output += step.output;
        const last = i === steps.length - 1 && stop !== null;
        packets.push(
          event(last ? 'stop' : 'interim', total.seconds, {
            ...same,
            eventAt: at,
            inputOctets: total.input,
            outputOctets: total.output,
            cause: last ? stop : null,
          }),
        );
      });
    });
  });
  return { packets, logins };
}

function play(story: Story, batches: readonly (readonly AccountingEvent[])[]) {
  const memory = new Memory();
  for (const login of story.logins) memory.login(login);
  for (const batch of batches) memory.record(...batch);
  const rows = [...memory.rows.values()].map((row) => ({
    ...row,
    id: null,
    bucket: null,
    earlier: null,
  }));
  return { rows: rows.map((row) => JSON.stringify(row)).toSorted(), usage: memory.usage };
}

/** Cuts a list at the given places, taken round and round. */
function cut<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = [];
  for (let i = 0, n = 0; i < items.length; n += 1) {
    const size = sizes[n % sizes.length]!;
    batches.push(items.slice(i, i + size));
    i += size;
  }
  return batches;
}

it('any order, loss, repetition and batching of packets comes to what their ideal order does', () => {
  fc.assert(
    fc.property(
      lives.map(storyOf),
      fc.infiniteStream(fc.nat()),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
      (story, dice, sizes) => {
        const arrived = story.packets.flatMap((packet) => {
          const copies = [1, 1, 1, 1, 2, 3, 0][dice.next().value! % 7]!;
          return Array.from({ length: copies }, () => packet);
        });
        const ideal = [...new Set(arrived)].toSorted((a, b) => a.eventAt - b.eventAt);
        const order = arrived.map((packet) => ({ packet, key: dice.next().value! }));
        const mixed = order.toSorted((a, b) => a.key - b.key).map(({ packet }) => packet);

        expect(play(story, cut(mixed, sizes))).toEqual(
          play(
            story,
            ideal.map((packet) => [packet]),
          ),
        );
      },
    ),
    campaign(8_000),
  );
});

it('routers, tariffs, accounts, hours and days each add up to what the sessions have', () => {
  fc.assert(
    fc.property(
      lives.map(storyOf).chain((story) =>
        fc.record({
          story: fc.constant(story),
          mixed: fc.shuffledSubarray([...story.packets, ...story.packets]),
        }),
      ),
      ({ story, mixed }) => {
        const memory = new Memory();
        for (const login of story.logins) memory.login(login);
        for (const batch of cut(mixed, [3])) memory.record(...batch);
        const rows = [...memory.rows.values()];
        const ofLogin = rows.filter((row) => row.tariff_id !== null);

        const kinds = {
          total: sum(rows).slice(0, 2),
          'router hour': sum(rows),
          'router day': sum(rows),
          'tariff hour': sum(ofLogin),
          'tariff day': sum(ofLogin),
          'account hour': sum(ofLogin),
          day: sum(ofLogin),
        };
        const summed = Object.entries(kinds).map(([kind, { length }]) => [
          kind,
          Object.entries(memory.usage)
            .filter(([key]) => key.startsWith(`${kind} `))
            .reduce(
              (all, [, more]) => all.map((value, i) => value + more[i]!),
              Array.from({ length }, () => 0),
            ),
        ]);
        expect(Object.fromEntries(summed)).toEqual(kinds);
        expect(
          Object.values(memory.usage)
            .flat()
            .filter((value) => value < 0),
        ).toEqual([]);
      },
    ),
    campaign(8_000),
  );
});

it('keeps the sum even where reports are later than hours are kept', () => {
  const memory = new Memory();
  const hours = Array.from({ length: 12 }, (_, i) => i);
  const reports = hours.map((i) =>
    event('interim', 60 + i * 3600, {
      inputOctets: (i + 1) * 10,
      eventAt: AT + 60_000 + i * HOUR_MS,
    }),
  );
  memory.record(...reports.filter((_, i) => i % 2 === 1));
  memory.record(...reports.filter((_, i) => i % 2 === 0).toReversed());

  const hourly = Object.entries(memory.usage).filter(([key]) => key.startsWith('router hour'));
  expect(hourly.reduce((all, [, [input]]) => all + input!, 0)).toBe(120);
  expect(memory.usage['total r1']).toEqual([120, 0]);
});

function sum(rows: readonly AccountedRow[]): number[] {
  const heard = rows.filter((row) => row.acct_session_id !== null);
  return [
    rows.reduce((all, row) => all + row.input_octets, 0),
    rows.reduce((all, row) => all + row.output_octets, 0),
    rows.reduce((all, row) => all + row.seconds, 0),
    heard.length,
  ];
}
