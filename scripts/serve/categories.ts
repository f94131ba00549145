/** Which category a name is in, for the block page: the resolver's own table, without its policies. */
import { firstCategory } from '../../filter/categories.ts';
import { toWire } from '../../filter/name.ts';
import { type FilterTable, lookup, openTable, type TableReader } from '../../filter/table.ts';

export interface NameCategories {
  use(table: FilterTable): void;
  of(name: string): string | null;
}

export function createNameCategories(): NameCategories {
  let reader: TableReader | null = null;
  return {
    use: (table) => {
      reader = openTable(table);
    },
    of: (name) => {
      const wire = toWire(name);
      if (reader === null || wire === null) return null;
      const bits = lookup(reader, wire, 0);
      return bits === 0 ? null : firstCategory(bits);
    },
  };
}
