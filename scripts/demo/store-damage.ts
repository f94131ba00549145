/** Damage done to a store's file behind the back of the service that runs on it; for rehearsals only. */
import Database from 'better-sqlite3';

const DAMAGE = {
  eraseValidity: `CREATE TRIGGER damage_validity AFTER UPDATE OF valid_until ON vouchers
    WHEN NEW.valid_until IS NOT NULL
    BEGIN UPDATE vouchers SET valid_until = NULL WHERE id = NEW.id; END`,
  unspendTokens: `CREATE TRIGGER damage_tokens AFTER UPDATE OF session_id ON tokens
    WHEN NEW.session_id IS NOT NULL
    BEGIN UPDATE tokens SET session_id = NULL, spent_at = NULL WHERE username = NEW.username; END`,
  dropLists: 'DELETE FROM lists',
  dropPolicies: 'DELETE FROM policies',
  dropSession: `DELETE FROM sessions WHERE id =
    (SELECT id FROM sessions WHERE stop_cause = 'User-Request' ORDER BY id DESC LIMIT 1)`,
  freezeTotals: `CREATE TRIGGER damage_totals BEFORE UPDATE OF input_octets ON routers
    BEGIN SELECT RAISE(IGNORE); END`,
} as const;

/** Resolves when the service has had time to notice that somebody else wrote. */
export async function damageStore(store: string, damage: keyof typeof DAMAGE): Promise<void> {
  const db = new Database(store.replace(/^sqlite:/, ''), { timeout: 5000 });
  db.exec(DAMAGE[damage]);
  db.close();
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
