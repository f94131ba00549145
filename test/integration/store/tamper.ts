/** What somebody with the database's own tools could do to it. */
import Database from 'better-sqlite3';
import { Client } from 'pg';
import type { StoreOptions } from '../../../store/open.ts';

export async function tamper({ store }: StoreOptions, statement: string): Promise<void> {
  if (store.startsWith('sqlite:')) {
    const db = new Database(store.slice('sqlite:'.length));
    db.exec(statement);
    db.close();
    return;
  }
  const client = new Client(store);
  await client.connect();
  await client.query(statement);
  await client.end();
}
