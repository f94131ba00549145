/** Every intent by name. A write travels to the writer as this name and its arguments. */

import { accountingWrites } from './accounting.ts';
import { accountReads, accountWrites } from './accounts.ts';
import { auditReads, auditWrites } from './audit.ts';
import { filterReads, filterWrites } from './filter.ts';
import { fleetReads, fleetWrites } from './fleet.ts';
import { loginReads, loginWrites } from './login.ts';
import { routerReads, routerWrites } from './routers.ts';
import { sessionReads, sessionWrites } from './sessions.ts';
import { villageReads, villageWrites } from './villages.ts';

export const reads = {
  ...villageReads,
  ...routerReads,
  ...accountReads,
  ...loginReads,
  ...sessionReads,
  ...filterReads,
  ...fleetReads,
  ...auditReads,
};

export const writes = {
  ...villageWrites,
  ...routerWrites,
  ...accountWrites,
  ...loginWrites,
  ...accountingWrites,
  ...sessionWrites,
  ...filterWrites,
  ...fleetWrites,
  ...auditWrites,
};

export type WriteName = keyof typeof writes;
