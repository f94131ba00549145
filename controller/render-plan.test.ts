import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desired } from './desired/desired.ts';
import { type Change, plan } from './plan.ts';
import { planDocument, renderPlan, summarisePlan } from './render-plan.ts';
import { factoryMenus, input } from './test-input.ts';
import { routerModel } from './test-model.ts';

const FACTORY = plan(desired(input()), routerModel(factoryMenus()).observed());
const SECRETS = /nas-secret-value|api-password-value/;

function set(was: string): Change {
  const values = { comment: 'sw:pool' };
  const base = { path: '/ip/pool', key: 'pool', id: '*1', values, secrets: {} };
  return { kind: 'set', ...base, was: { comment: was } };
}

describe('renderPlan', () => {
  it('is plain unless colour is asked for', () => {
    expect(renderPlan(FACTORY)).not.toContain('\u001B');
  });

  it('paints each line by what it does', () => {
    const lines = renderPlan(FACTORY, { colour: true }).trimEnd().split('\n');

    const lineOf = (text: string): string => lines.find((line) => line.includes(text)) ?? '';
    expect(lineOf('/ip/pool pool').startsWith('\u001B[32m+ ')).toBe(true);
    expect(lineOf('/ip/pool pool').endsWith('\u001B[0m')).toBe(true);
    expect(lineOf('default-dhcp').startsWith('\u001B[31m- ')).toBe(true);
    expect(lineOf('/system/identity').startsWith('\u001B[33m~ ')).toBe(true);
  });

  it('lets nothing that a router says reach the terminal as control', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (was) => {
        const text = renderPlan([set(was)]);

        expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('sums up', () => {
    expect(summarisePlan([set('a'), set('b')])).toBe('2 to set');
    expect(summarisePlan([])).toBe('');
  });
});

describe('a secret', () => {
  it('is in neither text nor document', () => {
    expect(renderPlan(FACTORY)).not.toMatch(SECRETS);
    expect(renderPlan(FACTORY, { colour: true })).not.toMatch(SECRETS);
    expect(JSON.stringify(planDocument(FACTORY))).not.toMatch(SECRETS);
  });

  it('is named where it is written', () => {
    expect(planDocument(FACTORY)).toContainEqual(
      expect.objectContaining({ path: '/radius', secrets: ['secret'] }),
    );
  });
});
