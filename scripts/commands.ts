/** Every verb of the CLI. */
import type { Command } from './command.ts';
import { auditList, auditVerify } from './commands/audit.ts';
import { checkConfig, migrateStore } from './commands/check-config.ts';
import { demo } from './commands/demo.ts';
import { listAdd, listStatus, listUpdate } from './commands/list.ts';
import { explainName, policyList, policySet } from './commands/policy.ts';
import {
  routerAdd,
  routerApply,
  routerList,
  routerPlan,
  routerRemove,
  routerShow,
} from './commands/router.ts';
import { serve } from './commands/serve.ts';
import { sessionDisconnect, sessionList } from './commands/session.ts';
import { simulatePhonesCommand, simulateRoutersCommand } from './commands/simulate.ts';
import { subscriberImport } from './commands/subscriber.ts';
import { tariffCreate, tariffList } from './commands/tariff.ts';
import { villageImport, villageList } from './commands/village.ts';
import { voucherCreate, voucherList, voucherRevoke, voucherShow } from './commands/voucher.ts';

export const COMMANDS: Readonly<Record<string, Command>> = {
  serve,
  demo,
  'simulate routers': simulateRoutersCommand,
  'simulate phones': simulatePhonesCommand,
  'check-config': checkConfig,
  migrate: migrateStore,
  'village import': villageImport,
  'village list': villageList,
  'router add': routerAdd,
  'router list': routerList,
  'router show': routerShow,
  'router plan': routerPlan,
  'router apply': routerApply,
  'router remove': routerRemove,
  'tariff create': tariffCreate,
  'tariff list': tariffList,
  'voucher create': voucherCreate,
  'voucher list': voucherList,
  'voucher show': voucherShow,
  'voucher revoke': voucherRevoke,
  'subscriber import': subscriberImport,
  'session list': sessionList,
  'session disconnect': sessionDisconnect,
  'policy set': policySet,
  'policy list': policyList,
  'list add': listAdd,
  'list update': listUpdate,
  'list status': listStatus,
  explain: explainName,
  'audit list': auditList,
  'audit verify': auditVerify,
};
