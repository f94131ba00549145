/**
 * A plan for people, one line a change, and as a document for programs. Secrets show as dots in the one
 * and by name in the other; a page shows its size. What a router said is shown without its control
 * characters: a comment must not paint the operator's terminal.
 */
import { createHash } from 'node:crypto';
import type { Change, RowRef } from './plan.ts';

const MASK = '••••';
const PAINT = { '+': 32, '~': 33, '^': 36, '-': 31 } as const;
type Sign = keyof typeof PAINT;

/** Lines like `+ /ip/pool pool name=sw-pool`; the empty string for an empty plan. */
export function renderPlan(changes: readonly Change[], options: { colour?: boolean } = {}): string {
  return changes
    .map((change) => {
      const [sign, ...parts] = partsOf(change);
      const line = [sign, ...parts].filter((part) => part !== '').join(' ');
      return options.colour === true ? `\u001B[${PAINT[sign]}m${line}\u001B[0m\n` : `${line}\n`;
    })
    .join('');
}

/** `2 to add, 1 to remove`; the empty string for an empty plan. */
export function summarisePlan(changes: readonly Change[]): string {
  const words = {
    file: 'files to write',
    add: 'to add',
    move: 'to move',
    set: 'to set',
    remove: 'to remove',
  };
  const kinds = Object.entries(words).map(([kind, text]): [number, string] => [
    changes.filter((change) => change.kind === kind).length,
    text,
  ]);
  return kinds.flatMap(([count, text]) => (count === 0 ? [] : [`${count} ${text}`])).join(', ');
}

/** A change as JSON may have it. */
export interface ChangeDocument {
  readonly kind: Change['kind'];
  readonly path: string;
  readonly key: string;
  readonly values?: Readonly<Record<string, string>>;
  /** Names of properties that are written and never shown. */
  readonly secrets?: readonly string[];
  readonly was?: Readonly<Record<string, string>>;
  /** Key of the row that it goes before; null: to the end. */
  readonly before?: string | null;
  readonly reason?: string;
  /** Of a page: length in bytes, SHA-256 in hex; absent for a folder. */
  readonly bytes?: number;
  readonly sha256?: string;
}

export function planDocument(changes: readonly Change[]): ChangeDocument[] {
  return changes.map(documentOf);
}

function documentOf(change: Change): ChangeDocument {
  const base = { kind: change.kind, path: change.path, key: change.key };
  switch (change.kind) {
    case 'file': {
      if (change.contents === null) return base;
      const sha256 = createHash('sha256').update(change.contents).digest('hex');
      return { ...base, bytes: Buffer.byteLength(change.contents), sha256 };
    }
    case 'add': {
      const { values, secrets, before } = change;
      return { ...base, values, secrets: Object.keys(secrets), before: before?.key ?? null };
    }
    case 'set': {
      const { values, secrets, was } = change;
      return { ...base, values, secrets: Object.keys(secrets), was };
    }
    case 'move':
      return { ...base, before: change.before?.key ?? null };
    case 'remove':
      return { ...base, was: change.was, reason: change.reason };
  }
}

function partsOf(change: Change): [Sign, ...string[]] {
  const { path } = change;
  const key = plain(change.key);
  switch (change.kind) {
    case 'file': {
      const size =
        change.contents === null ? 'folder' : `${Buffer.byteLength(change.contents)} bytes`;
      return [change.id === null ? '+' : '~', path, key, `(${size})`];
    }
    case 'add':
      return ['+', path, key, pairs(change.values), hidden(change.secrets)];
    case 'set': {
      const parts = Object.entries(change.values).map(
        ([name, value]) => `${name}: ${quote(change.was[name] ?? '')} -> ${quote(value)}`,
      );
      return ['~', path, key, parts.join(', '), hidden(change.secrets)];
    }
    case 'move':
      return ['^', path, key, target(change.before)];
    case 'remove': {
      const { comment, name, ...rest } = change.was;
      const said = pairs({
        ...(name === undefined ? {} : { name }),
        ...(comment === undefined ? {} : { comment }),
        ...(Object.keys(rest).length > 0 && name === undefined ? rest : {}),
      });
      return ['-', path, `(${change.reason})`, said];
    }
  }
}

function target(before: RowRef | null): string {
  return before === null ? 'to the end' : `before ${plain(before.key)}`;
}

function hidden(secrets: Readonly<Record<string, string>>): string {
  return Object.keys(secrets)
    .map((name) => `${name}=${MASK}`)
    .join(' ');
}

function pairs(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(' ');
}

function quote(value: string): string {
  const shown = plain(value);
  return value === '' || shown !== value || /[\s"=]/.test(value) ? JSON.stringify(shown) : value;
}

/** Without control characters, C1 and directional ones included; JSON quoting alone lets some through. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code === 10 ? '\\n' : code === 13 ? '\\r' : `\\u{${code.toString(16)}}`;
  });
}
