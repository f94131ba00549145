import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCsv } from './csv.ts';

it('reads back every table it can be given', () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'é', ' ', ',', ';', '"', '\n', '\r\n', '1'),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
      const filled = rows.filter((row) => row.some((text) => text.trim() !== ''));
      const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      const text = ['a,b', ...rows.map((row) => row.map(quote).join(','))].join('\n');

      expect(parseCsv(text).rows.map(({ values }) => [values.a, values.b])).toEqual(
        filled.map((row) => row.map((value) => value.trim())),
      );
    }),
  );
});

it('knows the line that each row begins on', () => {
  const { rows } = parseCsv('\uFEFFcode;name\r\n1;"two\nlines"\r\n\r\n2;b');

  expect(rows).toEqual([
    { line: 2, values: { code: '1', name: 'two\nlines' } },
    { line: 5, values: { code: '2', name: 'b' } },
  ]);
});

it.each([
  ['', 'CSV_EMPTY'],
  ['a,b\n"open,1', 'CSV_QUOTE'],
])('refuses %j', (text, code) => {
  expect(() => parseCsv(text)).toThrow(expect.objectContaining({ code }));
});
