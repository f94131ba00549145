/** Who may log in, from where, and with which rights. Passwords are the write-only ones of `/user`. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { parseIpv4 } from '../../lib/net.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { networkOf } from '../menu/values.ts';
import type { User } from './call.ts';

export const BAD_LOGIN = 'invalid user name or password (6)';

/** The user whom these credentials open, null for anything wrong with them. */
export function authenticate(
  tree: WritableTree,
  attributes: ReadonlyMap<string, string>,
  challenge: Buffer | null,
  source: string,
): User | null {
  const row = tree.rows('/user').find(({ values }) => values.name === attributes.get('name'));
  const password = row === undefined ? undefined : tree.password('/user', row.id);
  if (row === undefined || password === undefined || row.values.disabled === 'true') return null;
  const response = attributes.get('response');
  const given = response ?? attributes.get('password') ?? '';
  const expected = response === undefined ? password : challengeResponse(password, challenge);
  if (!sameText(given, expected) || !addressAllowed(row.values.address ?? '', source)) return null;
  const rights = rightsOf(tree, row.values.group ?? '');
  if (!rights.has('api')) return null;
  return { name: row.values.name ?? '', group: row.values.group ?? '', rights };
}

/** `00` and the MD5 of a zero octet, the password and the challenge (login before 6.43). */
export function challengeResponse(password: string, challenge: Buffer | null): string {
  const hash = createHash('md5')
    .update(Buffer.from([0]))
    .update(password);
  return `00${hash.update(challenge ?? Buffer.alloc(0)).digest('hex')}`;
}

/** Whether `source` lies in one of the prefixes of a comma list; an empty list allows all. */
export function addressAllowed(list: string, source: string): boolean {
  if (list === '') return true;
  const address = parseIpv4(source);
  if (address === null) return false;
  return list.split(',').some((prefix) => {
    const [host = '', bits = '32'] = prefix.split('/');
    return networkOf(address, Number(bits)) === networkOf(parseIpv4(host) ?? -1, Number(bits));
  });
}

/** Rights of a group of `/user/group`. */
export function rightsOf(tree: WritableTree, group: string): Set<string> {
  const row = tree.rows('/user/group').find(({ values }) => values.name === group);
  const rights = (row?.values.policy ?? '').split(',');
  return new Set(rights.filter((right) => right !== '' && !right.startsWith('!')));
}

function sameText(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(x!, y!);
}
