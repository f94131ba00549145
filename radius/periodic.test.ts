import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { SmartWifiError } from '../lib/errors.ts';
import { startPeriodic } from './periodic.ts';

it('logs a failure when it begins, when it becomes another, and when it is over', async () => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const { msg, code } = JSON.parse(chunk.toString()) as { msg: string; code?: string };
      lines.push(code === undefined ? msg : `${msg} ${code}`);
      done();
    },
  });
  const outcomes = ['A', 'A', 'A', 'B', null, null, 'A'];
  const done = Promise.withResolvers<void>();
  let turn = 0;
  const periodic = startPeriodic({
    clock: { now: () => 0, sleep: () => new Promise(setImmediate) },
    log: pino(sink),
    everyMs: 1,
    name: 'test',
    work: async () => {
      if (turn > outcomes.length) done.resolve();
      const code = outcomes[turn] ?? null;
      turn += 1;
      if (code !== null) throw new SmartWifiError(code, 'away');
    },
  });
  await done.promise;
  await periodic[Symbol.asyncDispose]();

  expect(lines).toEqual([
    'work failed A',
    'work failed B',
    'work goes on',
    'work failed A',
    'work goes on',
  ]);
});
