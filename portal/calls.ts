/** Numbers to call and links to follow, in the words of a page. */
import type { CallNumber } from '../settings/look-types.ts';
import { isTextKey, type Translate } from './i18n.ts';
import type { CallLine } from './pages.ts';

/** Numbers that everybody in the country has keep their name in both languages; others bring theirs. */
export function callLines(numbers: readonly CallNumber[], t: Translate): CallLine[] {
  return numbers.map((call) => callLine(call, t));
}

/** `otherwise` names a number that neither has a label nor is known. */
export function callLine(
  { label, number }: CallNumber,
  t: Translate,
  otherwise: 'help.call' | 'help.complaint' = 'help.call',
): CallLine {
  const key = `emergency.${number}`;
  const known = isTextKey(key) ? t(key) : t(otherwise);
  return { label: label ?? known, number, url: `tel:${number.replaceAll(/[^\d+]/g, '')}` };
}
