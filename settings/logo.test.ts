import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Logo, parseLogo } from './logo.ts';

const svg = (inside: string, root = 'viewBox="0 0 44 44"'): string =>
  `<svg ${root}>${inside}</svg>`;

/** As the page's template writes it. */
function write({ viewBox, tags }: Logo): string {
  const written = tags.map(({ tag, attributes, empty }) => {
    const all = attributes.map(({ name, value }) => ` ${name}="${value}"`).join('');
    return `<${tag}${all}${empty ? '/' : ''}>`;
  });
  return `<svg viewBox="${viewBox}">${written.join('')}</svg>`;
}

describe('a logo', () => {
  it('of shapes is taken, without what editors add', () => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>
      <!-- made with an editor -->
      <svg xmlns="http://www.w3.org/2000/svg" id="l" width="100mm" height='50' viewBox="0 0 44 44">
        <g fill="#0a6647" transform="translate(1, 2) scale(.5)">
          <path d="M7 20 22 8l15,12z" stroke-width="1.5"/>
          <circle cx="22" cy="36" r="2.2"></circle>
        </g>
      </svg>
    `;

    const logo = parseLogo(text);

    expect(logo).toMatchObject({ viewBox: '0 0 44 44' });
    expect(write(logo as Logo)).toBe(
      '<svg viewBox="0 0 44 44"><g fill="#0a6647" transform="translate(1, 2) scale(.5)"><path d="M7 20 22 8l15,12z" stroke-width="1.5"/><circle cx="22" cy="36" r="2.2"></circle></g></svg>',
    );
  });

  it.each([
    ['a script', svg('<script>alert(1)</script>')],
    ['an event', svg('<path d="M0 0" onload="alert(1)"/>')],
    ['an event of the root', svg('<path d="M0 0"/>', 'viewBox="0 0 1 1" onload="x()"')],
    ['a style element', svg('<style>*{fill:red}</style>')],
    ['a style', svg('<path d="M0 0" style="fill:url(https://x.example)"/>')],
    ['a class', svg('<path d="M0 0" class="button"/>')],
    ['a link', svg('<a href="https://x.example"><path d="M0 0"/></a>')],
    ['another file', svg('<use href="https://x.example/a.svg#b"/>')],
    ['a picture', svg('<image href="https://x.example/a.png"/>')],
    ['foreign content', svg('<foreignObject><p>hi</p></foreignObject>')],
    ['an animation', svg('<animate attributeName="d"/>')],
    ['a colour from elsewhere', svg('<path d="M0 0" fill="url(#a)"/>')],
    ['text', svg('<text>Desa</text>')],
    ['loose text', svg('hello')],
    ['an entity', `<!DOCTYPE svg [<!ENTITY x "y">]>${svg('<path d="M0 0"/>')}`],
    ['a reference', svg('<path d="M0&#32;0"/>')],
    ['CDATA', svg('<![CDATA[<script>]]>')],
    ['attributes without quotes', svg('<path d=M0/>')],
    ['one attribute twice', svg('<path d="M0 0" d="M1 1"/>')],
    ['what follows the end', `${svg('<path d="M0 0"/>')}<script/>`],
    ['two pictures', svg('<path d="M0 0"/>').repeat(2)],
    ['no end', '<svg viewBox="0 0 1 1"><path d="M0 0"/>'],
    ['a wrong end', svg('<g></svg>')],
    ['no view box', svg('<path d="M0 0"/>', '')],
    ['nothing', svg('')],
    ['no SVG', '<path d="M0 0"/>'],
    ['a name of Object', svg('<constructor/>')],
    ['too much', svg(`<path d="${'M0 0'.repeat(1500)}"/>`)],
    ['too many', svg('<g/>'.repeat(100))],
    ['too deep', svg(`${'<g>'.repeat(9)}${'</g>'.repeat(9)}`)],
  ])('with %s is refused, and it is said why', (_what, text) => {
    expect(parseLogo(text)).toEqual({ why: expect.stringMatching(/^.{8,200}$/s) });
  });

  it('holds no other markup, whatever the text', () => {
    const piece = fc.constantFrom(
      ...['<svg viewBox="0 0 1 1">', '</svg>', '<g>', '</g>', '<path d="M0 0"/>', '<script>', '>'],
      ...[
        '"',
        "'",
        ' onload=',
        '<!--',
        '-->',
        'javascript:',
        '<a href="',
        'fill="#fff"',
        '&lt;',
        '/',
      ],
    );
    const text = fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 14 });
    let taken = 0;
    fc.assert(
      fc.property(text, (pieces) => {
        const logo = parseLogo(`<svg viewBox="0 0 1 1"><path d="M0 0"/>${pieces.join('')}</svg>`);
        fc.pre(!('why' in logo));
        taken += 1;

        expect(write(logo)).toMatch(
          /^(?:<\/?(?:svg|g|path)(?: (?:viewBox|d|fill)="[\w #]*")*\/?>)+$/,
        );
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(10);
  });
});
