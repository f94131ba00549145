/** Every verb of the CLI. */
import type { Command } from './command.ts';
import { auditList, auditVerify } from './commands/audit.ts';
import { checkConfig, migrateStore } from './commands/check-config.ts';
import { sessionDisconnect, sessionList } from './commands/session.ts';
import { subscriberImport } from './commands/subscriber.ts';
import { tariffCreate, tariffList } from './commands/tariff.ts';
import { villageImport, villageList } from './commands/village.ts';
import { voucherCreate, voucherList, voucherRevoke, voucherShow } from './commands/voucher.ts';

export const COMMANDS: Readonly<Record<string, Command>> = {
  'check-config': checkConfig,
  migrate: migrateStore,
  'village import': villageImport,
  'village list': villageList,
  'tariff create': tariffCreate,
  'tariff list': tariffList,
  'voucher create': voucherCreate,
  'voucher list': voucherList,
  'voucher show': voucherShow,
  'voucher revoke': voucherRevoke,
  'subscriber import': subscriberImport,
  'session list': sessionList,
  'session disconnect': sessionDisconnect,
  'audit list': auditList,
  'audit verify': auditVerify,
};
