import { type Command, numberOption, withStore } from '../command.ts';
import { instant, table } from '../table.ts';

export const auditList: Command = {
  summary: 'what staff and the system did, newest first',
  usage: '[--limit N]',
  options: { limit: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const limit = numberOption(context.options, 'limit', { min: 1, max: 100_000 }) ?? 100;
      const entries = await store.listAudit(limit);
      context.print(
        entries,
        table(
          ['seq', 'when', 'who', 'what', 'subject', 'detail'],
          entries.map((e) => [
            e.seq,
            instant(e.at, context.config.timeZone),
            e.actor,
            e.action,
            e.subject,
            e.detail,
          ]),
        ),
      );
      return 0;
    }),
};

export const auditVerify: Command = {
  summary: 'prove that no entry of the audit trail was changed or removed',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const broken = await store.verifyAudit();
      context.print(
        { holds: broken === null, brokenAt: broken?.seq ?? null },
        broken === null
          ? 'the audit trail holds'
          : `the audit trail is broken at entry ${broken.seq}: compare with a backup`,
      );
      return broken === null ? 0 : 1;
    }),
};
