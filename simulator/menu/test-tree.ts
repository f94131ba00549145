/** Writing to a tree as the tests of this folder do. */
import { Trap } from './trap.ts';
import type { WritableTree } from './tree-state.ts';

export function trapOf(act: () => unknown): { message: string; category: number | null } | null {
  try {
    act();
  } catch (error) {
    if (error instanceof Trap) return { message: error.message, category: error.category };
    throw error;
  }
  return null;
}

export const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

export const attributes = (values: Record<string, string>): Map<string, string> =>
  new Map(Object.entries(values));

export function add(tree: WritableTree, path: string, values: Record<string, string>): string {
  return tree.add(path, attributes(values));
}

export function values(
  tree: WritableTree,
  path: string,
  token: string,
): Readonly<Record<string, string>> {
  return tree.find(path, token)?.values ?? {};
}
