/** Every verb of the CLI. */
import type { Command } from './command.ts';
import { auditList, auditVerify } from './commands/audit.ts';
import { checkConfig, migrateStore } from './commands/check-config.ts';
import { demo } from './commands/demo.ts';
import { deviceAdd, deviceList, deviceRemove } from './commands/device.ts';
import { hoursClear, hoursList, hoursSet } from './commands/hours.ts';
import { listAdd, listStatus, listUpdate } from './commands/list.ts';
import { explainName, policyList, policySet } from './commands/policy.ts';
import {
  routerAdd,
  routerApply,
  routerList,
  routerPlan,
  routerRemove,
  routerSet,
  routerShow,
} from './commands/router.ts';
import { serve } from './commands/serve.ts';
import { sessionDisconnect, sessionList, sessionWaiting } from './commands/session.ts';
import { simulatePhonesCommand, simulateRoutersCommand } from './commands/simulate.ts';
import {
  subscriberDisable,
  subscriberEnable,
  subscriberImport,
  subscriberTariff,
} from './commands/subscriber.ts';
import { tariffChange, tariffCreate, tariffList } from './commands/tariff.ts';
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
  'router set': routerSet,
  'tariff create': tariffCreate,
  'tariff change': tariffChange,
  'tariff list': tariffList,
  'voucher create': voucherCreate,
  'voucher list': voucherList,
  'voucher show': voucherShow,
  'voucher revoke': voucherRevoke,
  'subscriber import': subscriberImport,
  'subscriber disable': subscriberDisable,
  'subscriber enable': subscriberEnable,
  'subscriber tariff': subscriberTariff,
  'device add': deviceAdd,
  'device list': deviceList,
  'device remove': deviceRemove,
  'hours set': hoursSet,
  'hours list': hoursList,
  'hours clear': hoursClear,
  'session list': sessionList,
  'session waiting': sessionWaiting,
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
