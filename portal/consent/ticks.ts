/** The boxes beside a login: never ticked beforehand, each for itself (Law 27 of 2022, articles 22 and 23). */
export interface Ticks {
  /** Whether the page that was answered had the boxes. */
  readonly shown: boolean;
  readonly terms: boolean;
  readonly data: boolean;
  /** Under 18: a parent or guardian agrees, too. */
  readonly minor: boolean;
}

export const NO_TICKS: Ticks = { shown: false, terms: false, data: false, minor: false };

export function readTicks(form: URLSearchParams): Ticks {
  const ticked = (name: string): boolean => form.get(name) === '1';
  return {
    shown: ticked('boxes'),
    terms: ticked('terms'),
    data: ticked('data'),
    minor: ticked('minor'),
  };
}

const TICKED = ['boxes', 'terms', 'data', 'minor', 'remember'] as const;

/** What was ticked beside a login, to go along with it: a page in between asks for nothing twice. */
export function tickedIn(form: URLSearchParams): { name: string; value: string }[] {
  return TICKED.filter((name) => form.get(name) === '1').map((name) => ({ name, value: '1' }));
}

export function bothTicked({ terms, data }: Ticks): boolean {
  return terms && data;
}
