/** A voucher for a thermal printer on a roll of 58 mm, which prints 48 of them, black or not at all. */
import type { Card } from './card.ts';
import { type Mark, type Measure, mm, type Page } from './drawing.ts';
import { twoLines } from './fit.ts';
import { type Line, write } from './pen.ts';
import { qrOf } from './qr.ts';

const WIDTH = mm(58);
const PRINTED = mm(48);
const LEFT = (WIDTH - PRINTED) / 2;
const QR_SIZE = mm(34);

/** A page a voucher, as long as it needs. */
export function roll58(cards: readonly Card[], measure: Measure): Page[] {
  return cards.map((card) => rollPage(card, measure));
}

function rollPage(card: Card, measure: Measure): Page {
  const marks: Mark[] = [];
  let y = mm(4);
  /** Moves down by `step` to the baseline of the line. */
  const say = (line: Line, step: number): void => {
    y += step;
    marks.push(write(line, { x: LEFT, y, width: PRINTED, align: 'centre' }, measure));
  };
  say(plain(card.join), 9);
  say(bold(card.ssid, 17), 17);
  say(plain(card.place), 12);
  y += 10;
  marks.push({
    kind: 'modules',
    x: (WIDTH - QR_SIZE) / 2,
    y,
    size: QR_SIZE,
    rows: qrOf(card.url),
  });
  y += QR_SIZE + 4;
  say(plain(card.enter), 11);
  say({ text: card.code, font: 'Courier-Bold', largest: 18, smallest: 8 }, 17);
  y += 5;
  const room = { font: 'Helvetica-Bold', width: PRINTED, largest: 10, smallest: 6 } as const;
  for (const line of twoLines(card.allowance, room, measure)) say(bold(line, 10), 12.5);
  say(plain(card.validity), 11);
  y += 7;
  marks.push({ kind: 'box', x: LEFT, y, width: PRINTED, height: 16, radius: 0, fill: 'black' });
  const banner: Line = { ...bold(card.banner, 9), ink: 'white' };
  marks.push(
    write(banner, { x: LEFT + 4, y: y + 11, width: PRINTED - 8, align: 'centre' }, measure),
  );
  y += 16;
  for (const line of card.licence) say(plain(line), 11);
  if (card.complaint !== null) say(bold(card.complaint, 9), 13);
  say(plain(card.batch), 13);
  say(plain(card.date), 9);
  y += mm(5);
  marks.push({ kind: 'line', from: [0, y], to: [WIDTH, y], width: 0.5, dash: 3 });
  return { width: WIDTH, height: y + 1, marks };
}

function bold(text: string, largest: number): Line {
  return { text, font: 'Helvetica-Bold', largest, smallest: 6 };
}

function plain(text: string): Line {
  return { text, font: 'Helvetica', largest: 8, smallest: 5.5 };
}
