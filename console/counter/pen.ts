/** Lines of text that keep to their room, whatever they say. */
import type { FontName, Ink, Mark, Measure } from './drawing.ts';
import { fitted } from './fit.ts';

export interface Line {
  readonly text: string;
  readonly font: FontName;
  readonly largest: number;
  readonly smallest: number;
  readonly ink?: Ink;
}

export interface Slot {
  /** Left edge of the room. */
  readonly x: number;
  /** Of the baseline. */
  readonly y: number;
  readonly width: number;
  readonly align?: 'left' | 'centre' | 'right';
}

export function write(line: Line, slot: Slot, measure: Measure): Mark {
  const { font, largest, smallest, ink = 'black' } = line;
  const { text, size } = fitted(line.text, { font, largest, smallest, width: slot.width }, measure);
  const spare = slot.width - measure(text, font) * size;
  const shift = { left: 0, centre: spare / 2, right: spare }[slot.align ?? 'left'];
  return { kind: 'text', x: slot.x + shift, y: slot.y, text, font, size, ink };
}
