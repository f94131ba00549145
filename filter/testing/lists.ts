/** For tests: rows and texts of lists. */
import type { BlockList } from '../../store/types.ts';
import type { ListText } from '../compile.ts';

export function listRow(row: Partial<BlockList> = {}): BlockList {
  return {
    name: 'contoh',
    category: 'gambling',
    format: 'domains',
    match: 'suffix',
    source: 'https://lists.test/contoh.txt',
    entries: 0,
    sha256: null,
    updatedAt: null,
    error: null,
    ...row,
  };
}

export function listText(row: Partial<BlockList>, text: string): ListText {
  return { list: listRow(row), text: Buffer.from(text) };
}
