import { expect, it } from 'vitest';
import { wantsColour } from './terminal.ts';

it.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
] as const)('colours on a terminal (%s) with %o: %s', (isTTY, env, colour) => {
  expect(wantsColour({ isTTY }, env)).toBe(colour);
});
