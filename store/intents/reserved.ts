/**
 * The accounts that grace passes run on are everybody's for some minutes and nobody's own: a column says which they
 * are. They are entered by a grace token alone ({@link ./login.ts}), found by no name ({@link ./accounts.ts}), and
 * nothing that a citizen may do with an account is done with them.
 */
import { StoreError } from '../errors.ts';
import type { ReadContext } from '../sql.ts';

const NAME_OF_PASS = 'sw-grace-';

export async function isReserved({ sql }: ReadContext, accountId: string): Promise<boolean> {
  const known = 'SELECT id FROM subscribers WHERE id = ? AND reserved = 1';
  return (await sql.get(known, accountId)) !== undefined;
}

/** Before anything is done with an account in the name of whom it belongs to. */
export async function refuseReserved(ctx: ReadContext, accountId: string): Promise<void> {
  if (await isReserved(ctx, accountId)) {
    throw new StoreError('STORE_NOT_FOUND', 'this account runs grace passes and belongs to nobody');
  }
}

export function refuseNameOfPass(username: string): void {
  if (username.startsWith(NAME_OF_PASS)) {
    throw new StoreError(
      'STORE_CONFLICT',
      `${username} is taken: names of passes begin with sw-grace-`,
    );
  }
}
