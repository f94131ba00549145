/**
 * Appeals as an operator may see them. A village where one person appealed would show what one person wanted
 * to look at, so a place is named only when enough appeals came from it; the others are counted with their
 * district, and if that is not enough, with their regency (k-anonymity).
 */
import type { Appeal, AppealReason, AppealState, PolicyLevel } from '../store/types.ts';

/** So many appeals of one place are nobody in particular. */
export const LEAST_APPEALS = 3;

export interface AppealLine {
  readonly name: string;
  readonly category: string | null;
  readonly state: AppealState;
  readonly level: PolicyLevel;
  readonly code: string;
  /** Null: fewer than {@link LEAST_APPEALS} in the whole regency. */
  readonly count: number | null;
  /** Of those who said why; empty where the count is hidden. */
  readonly reasons: Readonly<Partial<Record<AppealReason, number>>>;
  readonly lastDay: string;
  /** When the first of what is allowed here ends. */
  readonly allowedUntil: number | null;
}

/** The most wanted names first. */
export function foldAppeals(appeals: readonly Appeal[], least = LEAST_APPEALS): AppealLine[] {
  const byName = Map.groupBy(appeals, ({ name, state }) => `${state} ${name}`);
  const lines = [...byName.values()].flatMap((one) => {
    const villages = folded(one, 'village', ({ villageCode }) => villageCode, least);
    const districts = folded(villages.rest, 'district', (a) => prefixOf(a, 3), least);
    const regencies = folded(districts.rest, 'regency', (a) => prefixOf(a, 2), 0, least);
    return [...villages.lines, ...districts.lines, ...regencies.lines];
  });
  return lines.toSorted((a, b) => (b.count ?? 0) - (a.count ?? 0) || (a.name < b.name ? -1 : 1));
}

export function countOf({ counts }: Pick<Appeal, 'counts'>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Places with enough appeals become lines; `shown` is how many a line needs to tell its number. */
function folded(
  appeals: readonly Appeal[],
  level: PolicyLevel,
  codeOf: (appeal: Appeal) => string,
  least: number,
  shown = least,
): { lines: AppealLine[]; rest: readonly Appeal[] } {
  const lines: AppealLine[] = [];
  const rest: Appeal[] = [];
  for (const [code, here] of Map.groupBy(appeals, codeOf)) {
    const count = here.reduce((sum, appeal) => sum + countOf(appeal), 0);
    if (count < least) rest.push(...here);
    else lines.push(lineOf(here, { level, code, count: count < shown ? null : count }));
  }
  return { lines, rest };
}

function lineOf(
  appeals: readonly Appeal[],
  at: Pick<AppealLine, 'level' | 'code' | 'count'>,
): AppealLine {
  const { name, category, state } = appeals[0]!;
  const reasons: Partial<Record<AppealReason, number>> = {};
  for (const { counts } of at.count === null ? [] : appeals) {
    for (const [reason, count] of Object.entries(counts) as [AppealReason, number][]) {
      if (count > 0 && reason !== 'none') reasons[reason] = (reasons[reason] ?? 0) + count;
    }
  }
  const lastDay = appeals.map((appeal) => appeal.lastDay).reduce((a, b) => (a > b ? a : b));
  const ends = appeals.flatMap(({ allowedUntil }) => (allowedUntil === null ? [] : [allowedUntil]));
  const allowedUntil = ends.length === 0 ? null : Math.min(...ends);
  return { name, category, state, ...at, reasons, lastDay, allowedUntil };
}

function prefixOf({ villageCode }: Appeal, parts: number): string {
  return villageCode.split('.').slice(0, parts).join('.');
}
