/** An A4 sheet of 3×8 cards with marks to cut along, and what stands where on a card. */
import type { Card } from './card.ts';
import { type Mark, type Measure, mm, type Page } from './drawing.ts';
import { twoLines } from './fit.ts';
import { type Line, write } from './pen.ts';
import { qrOf } from './qr.ts';

export const COLUMNS = 3;
export const ROWS = 8;
export const CARDS_A_SHEET = COLUMNS * ROWS;

const WIDTH = mm(210);
const HEIGHT = mm(297);
/** What home printers leave blank, and a little more. */
const MARGIN_X = mm(8);
const MARGIN_Y = mm(11);
export const CARD_WIDTH = (WIDTH - 2 * MARGIN_X) / COLUMNS;
export const CARD_HEIGHT = (HEIGHT - 2 * MARGIN_Y) / ROWS;
const PAD = 8;
const QR_SIZE = mm(18.5);
/** Between the words and the QR, whose quiet zone it is. */
const GAP = 9;
const MARK_LENGTH = mm(4);
const HAIR = 0.4;
const DATE_WIDTH = 44;

export function a4Sheets(cards: readonly Card[], measure: Measure): Page[] {
  const sheets = Array.from({ length: Math.ceil(cards.length / CARDS_A_SHEET) }, (_, i) =>
    cards.slice(i * CARDS_A_SHEET, (i + 1) * CARDS_A_SHEET),
  );
  return sheets.map((some) => ({
    width: WIDTH,
    height: HEIGHT,
    marks: [
      ...cutMarks(),
      ...some.flatMap((card, i) =>
        cardMarks(
          card,
          MARGIN_X + (i % COLUMNS) * CARD_WIDTH,
          MARGIN_Y + Math.floor(i / COLUMNS) * CARD_HEIGHT,
          measure,
        ),
      ),
    ],
  }));
}

function cardMarks(card: Card, left: number, top: number, measure: Measure): Mark[] {
  const x = left + PAD;
  const inner = CARD_WIDTH - 2 * PAD;
  const column = inner - QR_SIZE - GAP;
  const say = (line: Line, y: number, width = inner, at = x, align?: 'centre' | 'right'): Mark =>
    write(line, { x: at, y: top + y, width, ...(align === undefined ? {} : { align }) }, measure);
  const room = { font: 'Helvetica-Bold', width: column, largest: 7.6, smallest: 5 } as const;
  const [much = '', more] = twoLines(card.allowance, room, measure);
  const half = inner / 2 - 3;
  return [
    say(small(card.join), 13, column),
    say(bold(card.ssid, 11.5), 24, column),
    say(grey(card.place, 6.4), 32, column),
    say(bold(much, 7.6), 42, column),
    more === undefined
      ? say(grey(card.validity, 6.4), 50, column)
      : say(bold(more, 7.6), 50.5, column),
    ...bannerMarks(card, x, top + 55, column, measure),
    { kind: 'modules', x: x + column + GAP, y: top + PAD, size: QR_SIZE, rows: qrOf(card.url) },
    ...(card.licence.length === 0 ? [card.enter] : card.licence).map((line, i) =>
      say(small(line), 71 + i * 5.8, i === 0 ? inner - DATE_WIDTH - 4 : inner),
    ),
    say(
      {
        text: card.code,
        font: 'Courier-Bold',
        largest: card.licence.length < 2 ? 17.5 : 13,
        smallest: 8,
      },
      card.licence.length < 2 ? 84.5 : 86,
    ),
    ...(card.complaint === null ? [] : [say(small(card.complaint), 92, half)]),
    say(grey(card.date, 5), 71, DATE_WIDTH, x + inner - DATE_WIDTH, 'right'),
    say({ ...grey(card.batch, 5), smallest: 4 }, 92, half, x + half + 6, 'right'),
  ];
}

/** Reads at an arm's length: this costs nothing. */
function bannerMarks(card: Card, x: number, y: number, width: number, measure: Measure): Mark[] {
  const height = 9.5;
  const line: Line = { ...bold(card.banner, 6.6), ink: 'white' };
  return [
    { kind: 'box', x, y, width, height, radius: 2, fill: 'black' },
    write(line, { x: x + 4, y: y + 7, width: width - 8, align: 'centre' }, measure),
  ];
}

/** In the margins, and small crosses between the cards: enough for a ruler and a knife. */
function cutMarks(): Mark[] {
  const xs = Array.from({ length: COLUMNS + 1 }, (_, i) => MARGIN_X + i * CARD_WIDTH);
  const ys = Array.from({ length: ROWS + 1 }, (_, i) => MARGIN_Y + i * CARD_HEIGHT);
  const line = (x1: number, y1: number, x2: number, y2: number): Mark => ({
    kind: 'line',
    from: [x1, y1],
    to: [x2, y2],
    width: HAIR,
    dash: null,
  });
  const arm = mm(1);
  return [
    ...xs.flatMap((x) => [
      line(x, MARGIN_Y - MARK_LENGTH - arm, x, MARGIN_Y - arm),
      line(x, HEIGHT - MARGIN_Y + arm, x, HEIGHT - MARGIN_Y + arm + MARK_LENGTH),
    ]),
    ...ys.flatMap((y) => [
      line(MARGIN_X - MARK_LENGTH - arm, y, MARGIN_X - arm, y),
      line(WIDTH - MARGIN_X + arm, y, WIDTH - MARGIN_X + arm + MARK_LENGTH, y),
    ]),
    ...xs.flatMap((x) =>
      ys.flatMap((y) => [line(x - arm, y, x + arm, y), line(x, y - arm, x, y + arm)]),
    ),
  ];
}

function bold(text: string, largest: number): Line {
  return { text, font: 'Helvetica-Bold', largest, smallest: 5 };
}

function grey(text: string, largest: number): Line {
  return { text, font: 'Helvetica', largest, smallest: 4.5, ink: 'grey' };
}

function small(text: string): Line {
  return { text, font: 'Helvetica', largest: 5.6, smallest: 4.5 };
}
