import fc from 'fast-check';
import { expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { Trap } from '../menu/trap.ts';
import { livingRouter } from './test-system.ts';

const PIECES = [
  '/ip',
  ' pool',
  '/ip/pool',
  ' add',
  ' set',
  ' find',
  ' print',
  ' get',
  ' remove',
  ' name=a',
  ' ranges=10.0.0.1',
  ' default-dhcp',
  ' 0',
  '\n',
  ';',
  '\\\n',
  ':if',
  ':do',
  ':foreach',
  ':local',
  ':global',
  ':set',
  ':log',
  ' info',
  ':put',
  ':len',
  ':error',
  ' x',
  ' in=',
  ' do=',
  ' else=',
  ' on-error=',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '"',
  '$',
  '$x',
  '$"a-b"',
  ' where',
  ' comment',
  '~',
  '=',
  '!',
  '!=',
  '<',
  ' and ',
  ' 1 ',
  ' + ',
  '.',
  ' true',
  '#',
  '\\q',
  '\\"',
  '\\E2',
  '"a b"',
] as const;

const source = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

it('whatever is run as a script ends, in nothing or in a refusal', async () => {
  await fc.assert(
    fc.asyncProperty(source, async (text) => {
      const end = await router.script(text);

      expect(end === null || end instanceof Trap).toBe(true);
    }),
    campaign(60_000),
  );
});

/** Scripts may change it as they like; it has no power to lose. */
const router = livingRouter();
