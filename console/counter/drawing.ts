/** What a printed page is made of, in points (1/72 inch) from the upper left; pdf.ts puts it on paper. */
export type FontName = 'Helvetica' | 'Helvetica-Bold' | 'Courier-Bold';
export type Ink = 'black' | 'grey' | 'white';

export type Mark =
  | {
      readonly kind: 'text';
      readonly x: number;
      /** Of the baseline. */
      readonly y: number;
      readonly text: string;
      readonly font: FontName;
      readonly size: number;
      readonly ink: Ink;
    }
  | {
      readonly kind: 'box';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      /** Corners. */
      readonly radius: number;
      readonly fill: Ink;
    }
  | {
      readonly kind: 'line';
      readonly from: readonly [x: number, y: number];
      readonly to: readonly [x: number, y: number];
      readonly width: number;
      readonly dash: number | null;
    }
  /** Dark squares of a QR code, without its quiet zone. */
  | {
      readonly kind: 'modules';
      readonly x: number;
      readonly y: number;
      readonly size: number;
      readonly rows: Matrix;
    };

/** Rows of a QR code; true = dark. */
export type Matrix = readonly (readonly boolean[])[];

export interface Page {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Mark[];
}

/** Width of a text in points at size 1. */
export type Measure = (text: string, font: FontName) => number;

export function mm(millimetres: number): number {
  return (millimetres * 72) / 25.4;
}
