/** Looks at a person need a reason, which stays in the audit trail: the request of the police, the complaint. */
import { type OptionValues, requiredOption, UsageError } from '../command.ts';

const SHORTEST = 5;
const LONGEST = 300;

export function reasonIn(options: OptionValues): string {
  const reason = requiredOption(options, 'reason').trim();
  if (reason.length < SHORTEST || reason.length > LONGEST || /\p{Cc}/u.test(reason)) {
    throw new UsageError(
      `--reason says in ${SHORTEST} to ${LONGEST} characters why you look: the number of the letter, the complaint`,
    );
  }
  return reason;
}
