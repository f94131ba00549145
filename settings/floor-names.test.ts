import { describe, expect, it } from 'vitest';
import { FLOOR_NAMES } from './floor-names.ts';
import { ROUTER_SETTINGS } from './router.ts';

/** What the smallest board takes (`controller/desired/board.ts`). */
const SMALLEST = 50;

describe('the floor', () => {
  it('is a value that the setting itself would take', () => {
    const { type, fallback } = ROUTER_SETTINGS['outage.floor'];

    expect(fallback).toBe(FLOOR_NAMES.join(','));
    expect(type.parse(fallback ?? '')).toEqual(FLOOR_NAMES);
  });

  it('says nothing twice: each name covers all below it', () => {
    for (const name of FLOOR_NAMES) {
      const covering = FLOOR_NAMES.filter((one) => one === name || name.endsWith(`.${one}`));
      expect(covering).toEqual([name]);
    }
  });

  it('is of both kinds on the smallest board too', () => {
    const first = FLOOR_NAMES.slice(0, SMALLEST);

    expect(FLOOR_NAMES.length).toBeGreaterThan(SMALLEST);
    for (const name of ['pornhub.com', 'spankbang.com', 'sbobet.com', 'idnpoker.com']) {
      expect([name, FLOOR_NAMES.includes(name)]).toEqual([name, true]);
    }
    expect(first).toEqual(expect.arrayContaining(['pornhub.com', 'sbobet.com']));
  });
});
