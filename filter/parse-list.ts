/**
 * Reads a block list byte by byte: no line ever becomes a string, unless it holds an IDN.
 *
 * `hosts`: `0.0.0.0 name name # comment`. `domains`: a name a line, `*.` in front allowed. Both: `#`
 * comments, `!` and `;` at the start of a line, BOM, CR, blanks. A line with anything else in a name's
 * place is counted as invalid; guards (`guard-list.ts`) judge the counts.
 */
import type { BlockList } from '../store/types.ts';
import { ADDRESS, MAX_NAME_OCTETS, SINGLE_LABEL, writeName } from './name.ts';

export type ListFormat = BlockList['format'];

export interface ListCounts {
  /** Lines that hold more than a comment. */
  readonly lines: number;
  readonly names: number;
  /** Lines where something else stands in a name's place, addresses included. */
  readonly invalidLines: number;
  /** Addresses that stand in a name's place. */
  readonly addresses: number;
  /** First line that is invalid, 0 when none is. */
  readonly firstInvalidLine: number;
  /** Lines of any kind. */
  readonly totalLines: number;
}

/** `wire` is scratch space: valid during the call, `length` octets of it. */
export type OnName = (wire: Uint8Array, length: number, line: number) => void;

export interface ParseOptions {
  readonly format: ListFormat;
  /** Number of the first line, for a text that comes in pieces. */
  readonly firstLine?: number;
}

interface State {
  readonly text: Uint8Array;
  readonly hosts: boolean;
  readonly wire: Uint8Array;
  readonly onName: OnName;
  names: number;
  addresses: number;
}

const LF = 0x0a;
const HASH = 0x23;

export function parseList(text: Uint8Array, options: ParseOptions, onName: OnName): ListCounts {
  const wire = new Uint8Array(MAX_NAME_OCTETS + 1);
  const hosts = options.format === 'hosts';
  const state: State = { text, hosts, wire, onName, names: 0, addresses: 0 };
  const firstLine = options.firstLine ?? 1;
  let lines = 0;
  let invalidLines = 0;
  let firstInvalidLine = 0;
  let line = firstLine;
  for (let start = firstLine === 1 ? startOf(text) : 0; start < text.length; line += 1) {
    const found = text.indexOf(LF, start);
    const end = found === -1 ? text.length : found;
    const outcome = parseLine(state, start, end, line);
    if (outcome !== BLANK) lines += 1;
    if (outcome === BAD) {
      invalidLines += 1;
      if (firstInvalidLine === 0) firstInvalidLine = line;
    }
    start = end + 1;
  }
  const { names, addresses } = state;
  return { lines, names, invalidLines, addresses, firstInvalidLine, totalLines: line - firstLine };
}

const BLANK = 0;
const GOOD = 1;
const BAD = 2;

function parseLine(state: State, start: number, end: number, line: number): number {
  const { text } = state;
  let at = skipBlanks(text, start, end);
  if (at === end || isComment(text[at]!)) return BLANK;
  if (state.hosts) {
    const address = tokenEnd(text, at, end);
    if (writeName(text, at, address, state.wire) !== ADDRESS) return BAD;
    at = skipBlanks(text, address, end);
    if (at === end || text[at] === HASH) return BAD;
  }
  let outcome = GOOD;
  while (at < end && text[at] !== HASH) {
    const next = tokenEnd(text, at, end);
    if (!takeName(state, at, next, line)) outcome = BAD;
    at = skipBlanks(text, next, end);
  }
  return outcome;
}

function takeName(state: State, start: number, end: number, line: number): boolean {
  const size = writeName(state.text, start, end, state.wire);
  if (size > 0) {
    state.names += 1;
    state.onName(state.wire, size, line);
    return true;
  }
  if (size === ADDRESS) state.addresses += 1;
  // Every hosts file begins with `127.0.0.1 localhost` and its kin, and often `0.0.0.0 0.0.0.0`.
  return state.hosts && (size === SINGLE_LABEL || size === ADDRESS);
}

function startOf(text: Uint8Array): number {
  return text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? 3 : 0;
}

/** `#`, `!` or `;`. */
function isComment(octet: number): boolean {
  return octet === HASH || octet === 0x21 || octet === 0x3b;
}

function isBlank(octet: number): boolean {
  return octet === 0x20 || octet === 0x09 || octet === 0x0d;
}

function skipBlanks(text: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text[at]!)) at += 1;
  return at;
}

/** A token ends before a blank or a comment. */
function tokenEnd(text: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end && !isBlank(text[at]!) && text[at] !== HASH) at += 1;
  return at;
}
