import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callNumber, initials, serviceLink } from './look-types.ts';
import { checkSetting } from './resolve.ts';

describe('a link to another service', () => {
  it.each([
    ['Pengaduan=https://lapor.example.go.id/x?a=b', 'https://lapor.example.go.id/x?a=b'],
    [' Cek bansos = https://bansos.example.go.id', 'https://bansos.example.go.id/'],
  ])('%s leads to %s', (text, url) => {
    expect(serviceLink.parse(text)?.url).toBe(url);
  });

  it.each([
    'https://lapor.example.go.id/',
    'Pengaduan=http://lapor.example.go.id/',
    'Pengaduan=javascript:alert(1)',
    'Pengaduan=data:text/html,x',
    'Pengaduan=https://10.0.0.1/',
    'Pengaduan=https://user:pass@lapor.example.go.id/',
    'Pengaduan=https://lapor.example.go.id/#x',
    'Pengaduan=//lapor.example.go.id/',
    '<b>Pengaduan</b>=https://lapor.example.go.id/',
    '=https://lapor.example.go.id/',
  ])('%s is refused', (text) => {
    expect(serviceLink.parse(text)).toBeNull();
  });

  it('of any text leads nowhere but to https', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl({ validSchemes: ['https', 'http', 'ftp'] }), fc.string()),
        (u) => {
          const link = serviceLink.parse(`A=${u}`);
          expect(link === null || link.url.startsWith('https://')).toBe(true);
        },
      ),
    );
  });
});

describe('a number to call', () => {
  it.each([
    ['112', { label: null, number: '112' }],
    ['0811-7112 112', { label: null, number: '0811-7112 112' }],
    ['Polsek Sekayu = +62 714 321', { label: 'Polsek Sekayu', number: '+62 714 321' }],
  ])('%s is taken', (text, number) => {
    expect(callNumber.parse(text)).toEqual(number);
  });

  it.each(['', 'call me', '0811;ext=1', '*123#', 'x=', '<i>=112', '1'.repeat(30)])(
    '%s is refused',
    (text) => {
      expect(callNumber.parse(text)).toBeNull();
    },
  );
});

describe('what an operator is told', () => {
  it.each([
    ['portal.accent', '#ffd700', /contrast 1\.\d:1/],
    ['portal.logo', '<svg viewBox="0 0 1 1"><script/></svg>', /<script> is not taken/],
    ['portal.initials', 'MUBA', /1 to 3/],
    ['portal.services', 'A=http://a.example', /links such as/],
    ['portal.complaint', 'kantor', /number to call/],
    ['portal.emergency', '112,x', /numbers/],
  ])('%s = %s is refused with the reason', (name, value, reason) => {
    expect(() => checkSetting(name, value)).toThrow(
      expect.objectContaining({ code: 'SETTING_VALUE', message: expect.stringMatching(reason) }),
    );
  });

  it.each([
    ['portal.accent', '#1d4ed8'],
    ['portal.logo', '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'],
    ['portal.emergency', '112, Polsek=0714-321'],
  ])('%s = %s is taken', (name, value) => {
    expect(checkSetting(name, value)).toEqual({ name, value });
  });

  it('initials are letters', () => {
    expect(initials.parse('MB')).toBe('MB');
    expect(initials.parse('<b')).toBeNull();
  });
});
