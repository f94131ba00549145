/** A plan for people: one line a change, secrets as dots. */
import type { Change, RowRef } from './plan.ts';

const MASK = '••••';

/** Lines like `+ /ip/pool pool name=sw-pool`; the empty string for an empty plan. */
export function renderPlan(changes: readonly Change[]): string {
  return changes.map((change) => `${renderChange(change)}\n`).join('');
}

function renderChange(change: Change): string {
  switch (change.kind) {
    case 'file': {
      const sign = change.id === null ? '+' : '~';
      const size =
        change.contents === null ? 'folder' : `${Buffer.byteLength(change.contents)} bytes`;
      return `${sign} /file ${change.key} (${size})`;
    }
    case 'add':
      return join('+', change.path, change.key, pairs(change.values), hidden(change.secrets));
    case 'set': {
      const parts = Object.entries(change.values).map(
        ([name, value]) => `${name}: ${quote(change.was[name] ?? '')} -> ${quote(value)}`,
      );
      return join('~', change.path, change.key, parts.join(', '), hidden(change.secrets));
    }
    case 'move':
      return join('^', change.path, change.key, target(change.before));
    case 'remove': {
      const { comment, name, ...rest } = change.was;
      const said = pairs({
        ...(name === undefined ? {} : { name }),
        ...(comment === undefined ? {} : { comment }),
        ...(Object.keys(rest).length > 0 && name === undefined ? rest : {}),
      });
      return join('-', change.path, `(${change.reason})`, said);
    }
  }
}

function target(before: RowRef | null): string {
  return before === null ? 'to the end' : `before ${before.key}`;
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
  return value === '' || /[\s"=]/.test(value) ? JSON.stringify(value) : value;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
