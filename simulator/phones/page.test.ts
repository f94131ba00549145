import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { encodeForm, readPage } from './page.ts';

const URL_OF_PAGE = 'http://portal.test/in/login?router=r1';
const read = (html: string) => readPage(html, URL_OF_PAGE);

describe('readPage', () => {
  it('finds forms with action, method and the fields as they stand', () => {
    const { forms } = read(`
      <form action="/search"><input name=q></form>
      <FORM method='post' action="voucher?a=1&amp;b=2">
        <input type="hidden" name="mac" value="AA:BB&quot;">
        <label>Kode <input name="voucher" autocomplete="one-time-code"></label>
        <input type=checkbox name=terms value=yes required><input type=checkbox name=data value=1><input type=checkbox name=news>
        <select name=lang><option value=en>English<option value=id selected>Indonesia</select>
        <textarea name=note>a &lt; b</textarea>
        <input name=off disabled><button name=go value=now>Masuk</button>
      </form>`);

    expect(forms).toHaveLength(2);
    expect(forms[0]).toMatchObject({ method: 'GET', action: 'http://portal.test/search' });
    expect(forms[1]).toMatchObject({
      method: 'POST',
      action: 'http://portal.test/in/voucher?a=1&b=2',
    });
    expect(Object.fromEntries(forms[1]!.fields)).toEqual({
      mac: 'AA:BB"',
      voucher: '',
      terms: 'yes',
      data: '1',
      lang: 'id',
      note: 'a < b',
      go: 'now',
    });
  });

  it('sends a form to the page itself when it names no action', () => {
    expect(read('<form><input name=a></form>').forms[0]?.action).toBe(URL_OF_PAGE);
  });

  it('does not see what is commented out or script', () => {
    const page = read(
      '<!-- <form action=/a> --><script>"<form action=/b>"</script><form action=/c>',
    );

    expect(page.forms.map((form) => form.action)).toEqual(['http://portal.test/c']);
  });

  it.each([
    [
      '<meta http-equiv="refresh" content="0; url=http://a.test/x?y=1&amp;z=2">',
      'http://a.test/x?y=1&z=2',
    ],
    ['<META HTTP-EQUIV=Refresh CONTENT="2;URL=\'/next\'">', 'http://portal.test/next'],
    ['<meta http-equiv="refresh" content="60; url=/status">', null],
    ['<meta http-equiv="refresh" content="30">', null],
    ['<meta http-equiv="refresh" content="0;url=javascript:alert(1)">', null],
    ['<p>content="0; url=/x"</p>', null],
  ])('follows the refresh of %j to %j', (html, target) => {
    expect(read(html).refresh?.url ?? null).toBe(target);
  });

  it('reads the refusal code and the links', () => {
    const page = read(
      '<p data-code="SW-QUOTA">x</p><a href=/status?t=1>s</a><a href="tel:1">t</a>',
    );

    expect(page.code).toBe('SW-QUOTA');
    expect(page.links).toEqual(['http://portal.test/status?t=1']);
  });

  it('takes only a code of ours for one', () => {
    expect(read('<p data-code="other">').code).toBeNull();
  });

  it('encodes a form with what was typed over what stood there', () => {
    const form = read('<form method=post><input name=mac value=A><input name=voucher></form>')
      .forms[0]!;

    expect(encodeForm(form, { voucher: 'AB 12&' })).toBe('mac=A&voucher=AB+12%26');
  });

  it('reads any text without failing', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<form action="',
        '<input name=',
        '">',
        '<!--',
        '<script>',
        '&#x110000;',
        "'",
        '<',
      ),
      fc.constantFrom(
        '<select name=a>',
        '<option value=1>',
        '<textarea name=t>',
        '</form>',
        '&amp;',
        '=',
      ),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        expect(() => read(pieces.join(''))).not.toThrow();
      }),
      campaign(20_000),
    );
  });
});
