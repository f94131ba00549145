/** RFC 4180 CSV with a header line, as operators' spreadsheets write it. */
import { SmartWifiError } from '../lib/errors.ts';

export interface CsvRow {
  /** Line of the file that the row begins on, for messages. */
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

/** Comma or semicolon, whichever the header line uses; quotes may hold separators and line ends. */
export function parseCsv(text: string): { columns: readonly string[]; rows: readonly CsvRow[] } {
  const source = text.replace(/^\uFEFF/, '');
  const firstLine = source.split('\n', 1)[0] ?? '';
  const separator = firstLine.includes(';') && !firstLine.includes(',') ? ';' : ',';
  const records = readRecords(source, separator);
  const head = records.shift();
  if (head === undefined)
    throw new SmartWifiError('CSV_EMPTY', 'the file is empty: a header line is expected');
  const columns = head.cells.map((cell) => cell.trim().toLowerCase());
  const rows = records.map(({ line, cells }) => ({
    line,
    values: Object.fromEntries(columns.map((column, i) => [column, (cells[i] ?? '').trim()])),
  }));
  return { columns, rows };
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

function readRecords(source: string, separator: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let startedOn = 1;
  const endRecord = (): void => {
    cells.push(cell);
    cell = '';
    if (cells.some((text) => text.trim() !== '')) records.push({ line: startedOn, cells });
    cells = [];
    startedOn = line;
  };
  for (let i = 0; i < source.length; i += 1) {
    const character = source[i]!;
    if (character === '\n') line += 1;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (source[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else quoted = false;
    } else if (character === '"' && cell.trim() === '') {
      cell = '';
      quoted = true;
    } else if (character === separator) {
      cells.push(cell);
      cell = '';
    } else if (character === '\n') endRecord();
    else if (character !== '\r') cell += character;
  }
  if (quoted) throw new SmartWifiError('CSV_QUOTE', `line ${startedOn}: a quote is not closed`);
  if (cell !== '' || cells.length > 0) endRecord();
  return records;
}
