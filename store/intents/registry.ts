/** Every intent by name. A write travels to the writer as this name and its arguments. */

import { accountingWrites } from './accounting.ts';
import { accountReads, accountWrites } from './accounts.ts';
import { announcementReads, announcementWrites } from './announcements.ts';
import { appealReads, appealWrites } from './appeals.ts';
import { auditReads, auditWrites } from './audit.ts';
import { backupReads, backupWrites } from './backups.ts';
import { caseReads, caseWrites } from './cases.ts';
import { citizenWrites } from './citizens.ts';
import { consentReads, consentWrites } from './consents.ts';
import { counterReads, counterWrites } from './counter.ts';
import { deviceReads, deviceWrites } from './devices.ts';
import { enforcementReads, enforcementWrites } from './enforcement.ts';
import { enrolmentReads, enrolmentWrites } from './enrolment.ts';
import { filterReads, filterWrites } from './filter.ts';
import { fleetReads, fleetWrites } from './fleet.ts';
import { guessWrites } from './guesses.ts';
import { holdWrites } from './holds.ts';
import { jobReads, jobWrites } from './jobs.ts';
import { loginReads, loginWrites } from './login.ts';
import { otpReads, otpWrites } from './otp.ts';
import { otpBudgetReads, otpBudgetWrites } from './otp-budgets.ts';
import { ownAccountReads, ownAccountWrites } from './own-account.ts';
import { ownPhoneReads, ownPhoneWrites } from './own-phones.ts';
import { retentionReads, retentionWrites } from './retention.ts';
import { rightsReads, rightsWrites } from './rights.ts';
import { routerLifeReads, routerLifeWrites } from './router-life.ts';
import { routerReads, routerWrites } from './routers.ts';
import { sessionReads, sessionWrites } from './sessions.ts';
import { settingReads, settingWrites } from './settings.ts';
import { tariffReads, tariffWrites } from './tariffs.ts';
import { ticketReads, ticketWrites } from './tickets.ts';
import { topUpWrites } from './top-ups.ts';
import { usageReads } from './usage.ts';
import { villageReads, villageWrites } from './villages.ts';
import { wayWrites } from './ways.ts';

export const reads = {
  ...villageReads,
  ...routerReads,
  ...tariffReads,
  ...accountReads,
  ...usageReads,
  ...consentReads,
  ...ownAccountReads,
  ...ownPhoneReads,
  ...rightsReads,
  ...counterReads,
  ...deviceReads,
  ...loginReads,
  ...sessionReads,
  ...enforcementReads,
  ...retentionReads,
  ...filterReads,
  ...fleetReads,
  ...jobReads,
  ...settingReads,
  ...enrolmentReads,
  ...routerLifeReads,
  ...backupReads,
  ...ticketReads,
  ...otpReads,
  ...otpBudgetReads,
  ...announcementReads,
  ...appealReads,
  ...caseReads,
  ...auditReads,
};

export const writes = {
  ...villageWrites,
  ...routerWrites,
  ...tariffWrites,
  ...accountWrites,
  ...citizenWrites,
  ...consentWrites,
  ...ownAccountWrites,
  ...ownPhoneWrites,
  ...topUpWrites,
  ...rightsWrites,
  ...counterWrites,
  ...deviceWrites,
  ...loginWrites,
  ...accountingWrites,
  ...sessionWrites,
  ...enforcementWrites,
  ...retentionWrites,
  ...filterWrites,
  ...fleetWrites,
  ...jobWrites,
  ...holdWrites,
  ...settingWrites,
  ...enrolmentWrites,
  ...routerLifeWrites,
  ...backupWrites,
  ...ticketWrites,
  ...wayWrites,
  ...otpWrites,
  ...otpBudgetWrites,
  ...guessWrites,
  ...announcementWrites,
  ...appealWrites,
  ...caseWrites,
  ...auditWrites,
};

export type WriteName = keyof typeof writes;
