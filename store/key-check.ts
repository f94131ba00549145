/**
 * Whether a key file belongs to this database. The first opening leaves a mark that only that key can make;
 * a node that was given another key would seal secrets that no other node can open.
 */
import { StoreError } from './errors.ts';
import type { Keys } from './keys.ts';
import type { Sql } from './sql.ts';

const PREFIX = 'store-key:';

/** Within the transaction that migrates. `STORE_KEY` when the key is another's. */
export async function checkKey(sql: Sql, keys: Keys): Promise<void> {
  const mine = PREFIX + keys.credentialKey('the key of this store');
  const mark = await sql.get<{ name: string }>(
    `SELECT name FROM marks WHERE name LIKE '${PREFIX}%' LIMIT 1`,
  );
  if (mark === undefined) {
    await sql.run('INSERT INTO marks (name, at) VALUES (?, 0)', mine);
  } else if (mark.name !== mine) {
    throw new StoreError(
      'STORE_KEY',
      'the key file is not the one that this database was made with: copy keyFile from the node that made it',
    );
  }
}
