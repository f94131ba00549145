/** `case show`: what the portal found for a citizen who asked why he is not online. */
import { realClock } from '../../lib/clock.ts';
import type { Case } from '../../store/types.ts';
import { audit, type Command, operand, UsageError, withStore } from '../command.ts';
import { instant, table } from '../table.ts';

export const caseShow: Command = {
  summary: 'open a case by the code that a citizen reads out',
  usage: 'CODE',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const code = operand(context, 'the code of the case');
      const found = await store.caseByCode({ code, at: realClock.now() });
      if (found === null) {
        throw new UsageError(
          `there is no case ${code}: ask for the code again, or let the citizen open the page anew`,
        );
      }
      await store.answerCase({ id: found.id, at: realClock.now() });
      await audit(store, 'case.show', found.id, found.facts.verdict);
      context.print(found, text(found, context.config.timeZone));
      return 0;
    }),
};

function text({ facts, createdAt, expiresAt }: Case, timeZone: string): string {
  const { verdict, router, villageCode, account, sessionId, reject, phone, checks } = facts;
  const of = [
    ['told', verdict === 'none' ? 'nothing is wrong' : verdict],
    ['asked', `${instant(createdAt, timeZone)}, kept until ${instant(expiresAt, timeZone)}`],
    ['router', router],
    ['village', villageCode],
    ['account', account === null ? null : `${account.kind} ${account.id}`],
    ['session', sessionId],
    ['refused with', reject],
    ['phone (hash)', phone],
  ] as const;
  return [
    ...of.map(([what, is]) => `${what.padEnd(14)}${is ?? '-'}`),
    '',
    table(
      ['check', 'is', 'detail'],
      checks.map(({ name, outcome, detail }) => [name, outcome, detail]),
    ),
    ...(account === null ? [] : ['', `more: smartwifi trace ${account.id} --reason TEXT`]),
  ].join('\n');
}
