import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { parseTemplate, renderTemplate } from './template.ts';

const VALUES: Record<string, string> = {
  mac: 'AA:BB:CC:00:11:22',
  ip: '10.20.0.10',
  'link-orig': 'http://x.test/?a=1&b=2',
  error: 'SW-QUOTA kuota habis',
  'logged-in': 'no',
  trial: 'yes',
  kosong: '',
};
const render = (text: string) =>
  renderTemplate(parseTemplate(text), (name) =>
    Object.hasOwn(VALUES, name) ? VALUES[name] : undefined,
  );

describe('the page language', () => {
  it.each([
    ['plain text', 'plain text'],
    ['$(mac) at $(ip)', 'AA:BB:CC:00:11:22 at 10.20.0.10'],
    ['$(mac-esc)', 'AA%3ABB%3ACC%3A00%3A11%3A22'],
    ['$(link-orig-esc)', 'http%3A%2F%2Fx.test%2F%3Fa%3D1%26b%3D2'],
    ['[$(unknown)][$(unknown-esc)]', '[][]'],
    ['$("#id").hide() and $5 and $(', '$("#id").hide() and $5 and $('],
    ['$(if error)E:$(error)$(endif)', 'E:SW-QUOTA kuota habis'],
    ['$(if kosong)x$(else)y$(endif)', 'y'],
    ['$(if logged-in)in$(else)out$(endif)', 'out'],
    ['$(if unknown)x$(endif).', '.'],
    ["$(if trial == 'yes')T$(endif)", 'T'],
    ['$(if trial == "yes")T$(endif)', 'T'],
    ['$(if trial == yes)T$(endif)', 'T'],
    ['$(if trial=="no")N$(elif trial == "yes")Y$(else)E$(endif)', 'Y'],
    ['$(if trial != "yes")N$(else)Y$(endif)', 'Y'],
    ['$(if kosong == "")empty$(endif)', 'empty'],
    ['$(if trial)a$(if error)b$(else)c$(endif)d$(else)e$(endif)f', 'abdf'],
    ['$(if trial)not closed', 'not closed'],
    ['$(endif)$(else)loose', 'loose'],
  ])('%s → %s', (text, body) => {
    expect(render(text)).toEqual({ status: 200, reason: 'OK', headers: [], body });
  });

  it('sets status and header from their blocks, as a login.html that answers 302', () => {
    const page = render(
      '$(if http-status == 302)Hotspot login required$(endif)' +
        '$(if http-header == "Location")http://portal.test/?mac=$(mac-esc)&e=$(error-esc)$(endif)<p>go</p>',
    );

    expect(page).toEqual({
      status: 302,
      reason: 'Hotspot login required',
      headers: [
        [
          'Location',
          'http://portal.test/?mac=AA%3ABB%3ACC%3A00%3A11%3A22&e=SW-QUOTA%20kuota%20habis',
        ],
      ],
      body: '<p>go</p>',
    });
  });

  it('sets them only where the branch is taken', () => {
    const page = render('$(if logged-in)$(if http-status == 302)Found$(endif)$(endif)stay');

    expect(page).toMatchObject({ status: 200, body: 'stay' });
  });

  it('lets no line break into a header, and sends no empty one', () => {
    const page = render(
      '$(if http-header == "X-A")a\r\nSet-Cookie: b$(endif)$(if http-header == "X-B")$(kosong)$(endif)',
    );

    expect(page.headers).toEqual([['X-A', 'a Set-Cookie: b']]);
  });

  it('takes any text without an error', () => {
    const piece = fc.constantFrom(
      '$(if x)',
      '$(if http-status == 999)',
      '$(if http-header == "a b")',
      '$(elif y == "1")',
      '$(else)',
      '$(endif)',
      '$(mac)',
      '$(',
      ')',
      'text',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), (pieces) => {
        const page = render(pieces.join(''));

        expect(page.status).toBe(200);
      }),
      campaign(20_000),
    );
  });
});
