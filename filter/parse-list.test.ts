import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../test/fixtures/campaign.ts';
import { FilterError } from './errors.ts';
import { guardList } from './guard-list.ts';
import { fromWire } from './name.ts';
import { type ListCounts, type ListFormat, parseList } from './parse-list.ts';

function read(text: string | Uint8Array, format: ListFormat): ListCounts & { found: string[] } {
  const found: string[] = [];
  const octets = typeof text === 'string' ? Buffer.from(text) : text;
  const counts = parseList(octets, { format }, (wire, length, line) => {
    found.push(`${line} ${fromWire(wire.subarray(0, length))}`);
  });
  return { ...counts, found };
}

describe('hosts format', () => {
  it('reads several names a line, comments, blanks, BOM and CR', () => {
    const text =
      '\ufeff# judul\r\n127.0.0.1 localhost\r\n::1 ip6-localhost\n0.0.0.0 0.0.0.0\n\n' +
      '0.0.0.0\tJudi.test www.judi.test # dua\r\n  :: Slot.test#satu\n0.0.0.0 terakhir.test';

    const list = read(text, 'hosts');

    expect(list.found).toEqual([
      '6 judi.test',
      '6 www.judi.test',
      '7 slot.test',
      '8 terakhir.test',
    ]);
    expect(list).toMatchObject({
      lines: 6,
      names: 4,
      invalidLines: 0,
      addresses: 1,
      totalLines: 8,
    });
  });

  it('counts lines that are none', () => {
    const list = read('judi.test\n0.0.0.0\n0.0.0.0 http://a.test/\n0.0.0.0 baik.test\n', 'hosts');

    expect(list).toMatchObject({ lines: 4, names: 1, invalidLines: 3, firstInvalidLine: 1 });
  });
});

describe('domains format', () => {
  it('reads wildcards, IDN, final dots and comments', () => {
    const text = '! judul\n; juga\n*.judi.test\nBÜCHER.example.\nslot.test # x\n\n_a-.test\n';

    expect(read(text, 'domains').found).toEqual([
      '3 judi.test',
      '4 xn--bcher-kva.example',
      '5 slot.test',
      '7 _a-.test',
    ]);
  });

  it('counts addresses, single labels and rules of other formats as invalid', () => {
    const list = read('10.0.0.1\n2001:db8::1\nid\n||a.test^\n@@b.test\nbaik.test\n', 'domains');

    expect(list).toMatchObject({ lines: 6, names: 1, invalidLines: 5, addresses: 2 });
  });
});

/** What left a decoder: nothing, our own error, or something that may not. */
function outcomeOf(work: () => unknown): 'done' | 'refused' | 'other' {
  try {
    work();
    return 'done';
  } catch (error) {
    return error instanceof FilterError ? 'refused' : 'other';
  }
}

describe('any octets', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc
      .array(
        fc.constantFrom(
          ...[
            '0.0.0.0 ',
            '::1 ',
            'judi.test',
            '\n',
            '\r\n',
            '#',
            ' ',
            '\t',
            '*.',
            '.',
            'ü',
            '\ufeff',
          ],
          ...['\0', 'a'.repeat(70), '<html>', '\xff', '10.1.1.1', '-', 'xn--', 'id'],
        ),
        { maxLength: 40 },
      )
      .map((parts) => Buffer.from(parts.join(''))),
  );

  it('never throw, and the counts add up', () => {
    fc.assert(
      fc.property(octets, fc.constantFrom('hosts' as const, 'domains' as const), (text, format) => {
        const list = read(text, format);

        expect(list.found).toHaveLength(list.names);
        expect(list.invalidLines).toBeLessThanOrEqual(list.lines);
        expect(list.lines).toBeLessThanOrEqual(list.totalLines);
      }),
      campaign(20_000),
    );
  });

  it('mean the same in pieces that end at a line', () => {
    fc.assert(
      fc.property(octets, fc.nat(400), (text, cut) => {
        const at = Buffer.from(text).indexOf(0x0a, cut) + 1;
        const whole = read(text, 'domains');
        const head = read(text.subarray(0, at), 'domains');
        const rest: string[] = [];
        parseList(
          text.subarray(at),
          { format: 'domains', firstLine: 1 + head.totalLines },
          (wire, _, line) => rest.push(`${line} ${fromWire(wire)}`),
        );

        expect([...head.found, ...rest]).toEqual(whole.found);
      }),
      campaign(10_000),
    );
  });

  it('let only FilterError out of the guard', () => {
    fc.assert(
      fc.property(octets, (text) => {
        expect(outcomeOf(() => guardList(text, { format: 'hosts', previous: 0 }))).not.toBe(
          'other',
        );
      }),
      campaign(10_000),
    );
  });
});

describe('the guard', () => {
  const guard = (text: string, previous = 0, acceptShrink = false): ListCounts =>
    guardList(Buffer.from(text), { format: 'domains', previous, acceptShrink });
  const names = (count: number): string =>
    Array.from({ length: count }, (_, i) => `n${i}.test\n`).join('');

  it.each([
    ['a page', '\ufeff\n <!DOCTYPE html><title>404</title>', 0, 'FILTER_LIST_HTML'],
    ['nothing', '', 0, 'FILTER_LIST_EMPTY'],
    ['comments alone', '# tidak ada\n', 0, 'FILTER_LIST_EMPTY'],
    ['6 % of nonsense', `${names(94)}${'tidak ada\n'.repeat(6)}`, 0, 'FILTER_LIST_INVALID'],
    ['less than half of before', names(49), 100, 'FILTER_LIST_SHRUNK'],
  ])('refuses %s', (_, text, previous, code) => {
    expect(() => guard(text, previous)).toThrow(expect.objectContaining({ code }));
  });

  it('takes 5 % of nonsense, half of the names, and less when an operator says so', () => {
    expect(guard(`${names(95)}${'tidak ada\n'.repeat(5)}`).names).toBe(95);
    expect(guard(names(50), 100).names).toBe(50);
    expect(guard(names(1), 100, true).names).toBe(1);
  });
});
