/**
 * Pages as a PDF. It has nothing of its own: no clock, no fonts but the 14 that every reader has, so that the
 * same pages are the same bytes.
 */
import PDFDocument from 'pdfkit';
import type { Ink, Mark, Matrix, Measure, Page } from './drawing.ts';

export interface PdfOptions {
  readonly title: string;
  readonly createdAt: number;
  /** Off for golden files: what zlib makes of it differs between machines. */
  readonly compress?: boolean;
}

const INKS: Readonly<Record<Ink, string>> = { black: '#000000', grey: '#444444', white: '#ffffff' };

/** With the metrics of the fonts themselves. */
export function createMeasure(): Measure {
  const ruler = new PDFDocument({ autoFirstPage: false });
  return (text, font) => ruler.font(font).fontSize(1).widthOfString(text);
}

export async function renderPdf(pages: readonly Page[], options: PdfOptions): Promise<Uint8Array> {
  const created = new Date(options.createdAt);
  const pdf = new PDFDocument({
    autoFirstPage: false,
    compress: options.compress ?? true,
    info: { Title: options.title, CreationDate: created, ModDate: created },
  });
  const chunks: Uint8Array[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    pdf.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });
  for (const page of pages) {
    pdf.addPage({ size: [page.width, page.height], margin: 0 });
    for (const mark of page.marks) draw(pdf, mark);
  }
  pdf.end();
  await ended;
  return Buffer.concat(chunks);
}

function draw(pdf: PDFKit.PDFDocument, mark: Mark): void {
  switch (mark.kind) {
    case 'text':
      pdf.font(mark.font).fontSize(mark.size).fillColor(INKS[mark.ink]);
      pdf.text(mark.text, mark.x, mark.y, { lineBreak: false, baseline: 'alphabetic' });
      return;
    case 'box':
      pdf.roundedRect(mark.x, mark.y, mark.width, mark.height, mark.radius).fill(INKS[mark.fill]);
      return;
    case 'line':
      pdf.moveTo(...mark.from).lineTo(...mark.to);
      if (mark.dash !== null) pdf.dash(mark.dash, {});
      pdf.lineWidth(mark.width).stroke(INKS.black).undash();
      return;
    case 'modules':
      drawModules(pdf, mark.rows, mark.x, mark.y, mark.size);
  }
}

/** Runs of dark modules as one shape: without seams between them, and small. */
function drawModules(
  pdf: PDFKit.PDFDocument,
  rows: Matrix,
  x: number,
  y: number,
  size: number,
): void {
  const module = size / rows.length;
  rows.forEach((row, r) => {
    let c = 0;
    while (c < row.length) {
      const start = c;
      while (c < row.length && row[c] === true) c += 1;
      if (c > start) pdf.rect(x + start * module, y + r * module, (c - start) * module, module);
      c += 1;
    }
  });
  pdf.fill(INKS.black);
}
