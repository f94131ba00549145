import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { menu, type Property } from './schema-parse.ts';
import { Trap } from './trap.ts';
import { formatDuration, normalizeValue, parseDuration, parseRate } from './values.ts';

function property(type: string): Property {
  return menu('/x', '', `v ${type}`).properties.get('v')!;
}

function said(type: string, raw: string): string {
  try {
    return normalizeValue(property(type), raw, (_menu, name) => (name === 'ether1' ? name : null));
  } catch (error) {
    if (error instanceof Trap) return `!${error.message}`;
    throw error;
  }
}

describe('values as print shows them', () => {
  it.each([
    ['bool', 'yes', 'true'],
    ['bool', 'false', 'false'],
    ['time', '90', '1m30s'],
    ['time', '3600', '1h'],
    ['time', '00:10:00', '10m'],
    ['time', '1w2d3h4m5s', '1w2d3h4m5s'],
    ['time', '0', '0s'],
    ['time', '1500ms', '1s500ms'],
    ['time|none', 'none', 'none'],
    ['int:1..10', '007', '7'],
    ['mac', 'aa-bb-cc-dd-ee-0f', 'AA:BB:CC:DD:EE:0F'],
    ['prefix', '10.0.0.1', '10.0.0.1/32'],
    ['prefix', '10.0.0.77/24', '10.0.0.0/24'],
    ['prefix*', '10.0.0.0/24,10.1.1.1', '10.0.0.0/24,10.1.1.1/32'],
    ['ifaddr', '10.0.0.7/24', '10.0.0.7/24'],
    ['range', '10.0.0.1/32', '10.0.0.1'],
    ['range', '10.0.0.1-10.0.0.9', '10.0.0.1-10.0.0.9'],
    ['!range', '!10.0.0.0/8', '!10.0.0.0/8'],
    ['rates', '2M/5M', '2000000/5000000'],
    ['rates', '512k', '512000/512000'],
    ['ports', '53,67,64872-64875', '53,67,64872-64875'],
    ['ref:/interface|all', 'all', 'all'],
    ['ref:/interface', 'ether1', 'ether1'],
    ['set:mac,cookie,http-pap', 'http-pap,mac', 'mac,http-pap'],
    ['!set:new,related', '!related,new', '!new,related'],
    ['policy|read|write|api', 'api,read', 'read,api,!write'],
    ['policy|read|write|api', 'read', 'read,!write,!api'],
    ['host', 'dns.google', 'dns.google'],
    ['zone', 'Asia/Jakarta', 'Asia/Jakarta'],
    ['date', 'Nov/24/2026', '2026-11-24'],
    ['date', '2026-11-24', '2026-11-24'],
    ['clock|startup', '7:05', '07:05:00'],
    ['clock|startup', 'startup', 'startup'],
    ['!limit', '10,20', '10,20:packet'],
    ['!limit', '!5/1m,10:bit', '!5/1m,10:bit'],
  ])('%s: %s becomes %s', (type, raw, printed) => {
    expect(said(type, raw)).toBe(printed);
  });

  it.each([
    ['bool', 'maybe', 'input does not match any value of v'],
    ['|accept|drop', 'acept', 'input does not match any value of v'],
    ['|accept|add-dst|add-src', 'add', 'ambiguous value of v'],
    ['ref:/interface', 'ether9', 'input does not match any value of v'],
    ['set:mac,cookie', 'mac,http', 'input does not match any value of v'],
    ['int:1..10', '11', 'value of v out of range (1..10)'],
    ['int', '15x', 'value of v contains invalid trailing characters'],
    ['int', 'x', 'invalid value for argument v'],
    ['time', '5 minutes', 'invalid value for argument v'],
    ['ip', '10.0.0.256', 'invalid value for argument v'],
    ['prefix', '10.0.0.0/33', 'invalid value for argument v'],
    ['range', '10.0.0.9-10.0.0.1', 'invalid value for argument v'],
    ['mac', 'AA:BB:CC:DD:EE', 'invalid value for argument v'],
    ['ports', '53,99999', 'invalid value for argument v'],
    ['text:4', 'hello', 'invalid value for argument v'],
    ['wgkey', 'short', 'invalid value for argument v'],
    ['zone', 'Asia/Nowhere', 'input does not match any value of v'],
  ])('%s refuses %s', (type, raw, text) => {
    expect(said(type, raw)).toBe(`!${text}`);
  });
});

describe('durations and rates', () => {
  it('a printed duration reads back as itself', () => {
    fc.assert(
      fc.property(fc.nat(2_000_000_000), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  it('knows the multipliers of rates', () => {
    expect(['2M', '512k', '1G', '64000', 'fast'].map(parseRate)).toEqual([
      2_000_000,
      512_000,
      1_000_000_000,
      64_000,
      null,
    ]);
  });
});

describe('any text', () => {
  it('is a value or a trap, and what was printed is accepted and printed again', () => {
    const types = ['bool', 'int', 'time', 'prefix', 'range', 'mac', 'ports', 'rates', 'set:a,b,c'];
    const raw = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fkMG:./,-]{1,20}$/));
    fc.assert(
      fc.property(fc.constantFrom(...types), raw, (type, text) => {
        const once = said(type, text);
        // A refusal is its own last word; a value must print as itself.
        expect(once.startsWith('!') ? once : said(type, once)).toBe(once);
      }),
      campaign(20_000),
    );
  });
});
