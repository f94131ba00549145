import { describe, expect, it } from 'vitest';
import { type Clock, steppedClock } from '../../lib/clock.ts';
import { createCircuit } from './circuit.ts';
import { createDispatcher, type DispatchDeps } from './dispatch.ts';
import type { GatewayAnswer, GatewayConfig } from './gateway.ts';
import { gatewayOf, MESSAGE } from './provider.fixture.ts';

const FIRST = gatewayOf('fonnte', 'https://one.example');
const SECOND = gatewayOf('wablas', 'https://two.example');
const OK = { status: 200, body: '{"status":true}' };
const FAULT = { status: 503, body: '' };
const WRONG_KEY = { status: 200, body: '{"status":false,"reason":"invalid token"}' };

type Said = GatewayAnswer | 'timeout' | 'unreachable';

function stand(answers: Readonly<Record<string, Said[]>>, over: Partial<DispatchDeps> = {}) {
  const clock = steppedClock(0);
  const asked: string[] = [];
  const slept: number[] = [];
  const counted: string[] = [];
  const paid: string[] = [];
  const waiting: Clock = {
    now: clock.now,
    sleep: async (ms) => {
      slept.push(ms);
    },
  };
  const dispatcher = createDispatcher({
    gateways: [FIRST, SECOND],
    exchange: async ({ url }) => {
      const host = new URL(url).hostname.split('.')[0]!;
      asked.push(host);
      const left = answers[host]!;
      return left.length > 1 ? left.shift()! : left[0]!;
    },
    clock: waiting,
    random: () => 0.5,
    pay: async ({ name }) => {
      paid.push(`+${name}`);
      return true;
    },
    giveBack: async ({ name }) => void paid.push(`-${name}`),
    counted: (kind, result) => void counted.push(`${kind} ${result}`),
    ...over,
  });
  return { dispatcher, clock, asked, slept, counted, paid };
}

describe('a message', () => {
  it('goes by the first gateway, and is paid once', async () => {
    const { dispatcher, asked, paid } = stand({ one: [OK], two: [OK] });

    expect(await dispatcher.send(MESSAGE, { payer: null })).toMatchObject({
      kind: 'accepted',
      gateway: 'fonnte',
    });
    expect([asked, paid]).toEqual([['one'], ['+fonnte']]);
  });

  it('is tried again for what passes, after a pause', async () => {
    const { dispatcher, asked, slept } = stand({ one: [FAULT, OK], two: [OK] });

    expect(await dispatcher.send(MESSAGE, { payer: null })).toMatchObject({ gateway: 'fonnte' });
    expect([asked, slept]).toEqual([['one', 'one'], [200]]);
  });

  it('is not tried again for what stays, and goes by the next', async () => {
    const { dispatcher, asked, paid, counted } = stand({ one: [WRONG_KEY], two: [OK] });

    expect(await dispatcher.send(MESSAGE, { payer: null })).toMatchObject({ gateway: 'wablas' });
    expect(asked).toEqual(['one', 'two']);
    expect(paid).toEqual(['+fonnte', '-fonnte', '+wablas']);
    expect(counted).toEqual(['fonnte credentials', 'wablas accepted']);
  });

  it('stays paid after silence, each time: it may have gone', async () => {
    const { dispatcher, paid } = stand({ one: ['timeout'], two: ['unreachable'] });

    expect(await dispatcher.send(MESSAGE, { payer: null })).toEqual({
      ...{ kind: 'refused', because: 'unreachable', mayHaveGone: true },
    });
    expect(paid).toEqual([
      ...['+fonnte', '+fonnte'],
      ...['+wablas', '-wablas', '+wablas', '-wablas'],
    ]);
  });

  it('is not tried again when the caps were used up meanwhile', async () => {
    const caps = { left: 1 };
    const { dispatcher, asked } = stand(
      { one: ['timeout'], two: [OK] },
      { pay: async () => caps.left-- > 0 },
    );

    expect(await dispatcher.send(MESSAGE, { payer: null })).toMatchObject({
      kind: 'refused',
      mayHaveGone: true,
    });
    expect(asked).toEqual(['one']);
  });

  it('goes by nobody when the caps are used up', async () => {
    const { dispatcher, asked } = stand({ one: [OK], two: [OK] }, { pay: async () => false });

    expect(await dispatcher.send(MESSAGE, { payer: null })).toEqual({ kind: 'cap' });
    expect(asked).toEqual([]);
  });

  it('goes by the one that an operator names', async () => {
    const { dispatcher, asked } = stand({ one: [OK], two: [OK] });

    await dispatcher.send(MESSAGE, { only: 'wablas', payer: null });

    expect(asked).toEqual(['two']);
  });

  it('without gateways goes nowhere', async () => {
    const { dispatcher } = stand({}, { gateways: [] satisfies GatewayConfig[] });

    expect(await dispatcher.send(MESSAGE, { payer: null })).toEqual({
      ...{ kind: 'refused', because: null, mayHaveGone: false },
    });
  });

  it('leaves a gateway alone that fails in a row, and tries it after the pause', async () => {
    const { dispatcher, clock, asked, counted } = stand({ one: [FAULT], two: [OK] });
    await dispatcher.send(MESSAGE, { payer: null });
    await dispatcher.send(MESSAGE, { payer: null });
    asked.length = 0;

    await dispatcher.send(MESSAGE, { payer: null });
    expect(asked).toEqual(['two']);
    expect(counted).toContain('fonnte circuit');

    clock.advance(60_001);
    asked.length = 0;
    await dispatcher.send(MESSAGE, { payer: null });
    expect(asked).toContain('one');
  });
});

describe('a gateway that answers', () => {
  const NUMBER = { status: 200, body: '{"status":false,"reason":"target input invalid"}' };
  const UNKNOWN = { status: 200, body: '{"status":false,"reason":"no such thing"}' };

  it.each([
    ['a number that it does not take', NUMBER],
    ['a refusal that we do not know', UNKNOWN],
  ])('is not left alone for %s: anybody could bring that about', async (_, answer) => {
    const { dispatcher, counted, asked } = stand({ one: [answer], two: [OK] });
    for (let n = 0; n < 6; n += 1) await dispatcher.send(MESSAGE, { payer: null });

    expect(counted).not.toContain('fonnte circuit');
    expect(asked.filter((host) => host === 'one')).toHaveLength(6);
  });
});

describe('a circuit', () => {
  it('opens after three failures in a row, for longer each time, and lets one through', () => {
    const circuit = createCircuit();
    for (let i = 0; i < 3; i += 1) circuit.failed(0);

    expect([circuit.admits(0), circuit.admits(29_999)]).toEqual([false, false]);
    expect([circuit.admits(30_000), circuit.admits(30_001)]).toEqual([true, false]);
    circuit.failed(30_002);
    expect([circuit.admits(90_001), circuit.admits(90_003)]).toEqual([false, true]);
    circuit.worked();
    expect(circuit.admits(90_004)).toBe(true);
  });
});
