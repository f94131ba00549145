/** The whole system on loopback, as `npm run demo -- --once` runs it, at a size that every machine carries. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { Summary } from '../../scripts/demo/main-job.ts';
import { SABOTAGES } from '../../scripts/demo/sabotage.ts';

const CLI = resolve(import.meta.dirname, '../../scripts/cli.ts');

interface Outcome {
  readonly code: number;
  readonly summary: Summary;
}

function rehearse(...args: string[]): Promise<Outcome> {
  return new Promise((done, fail) => {
    execFile(
      process.execPath,
      [CLI, 'demo', '--once', '--json', ...args],
      { maxBuffer: 1 << 24 },
      (error, out, err) => {
        try {
          done({
            code: error === null ? 0 : Number(error.code),
            summary: JSON.parse(out) as Summary,
          });
        } catch {
          fail(new Error(`no summary came\n${out}\n${err}`));
        }
      },
    );
  });
}

it('takes routers from factory state to service, and counts the same everywhere', async () => {
  const { code, summary } = await rehearse('--routers', '4', '--phones', '60');

  expect(summary.failures).toEqual([]);
  expect(code).toBe(0);
  expect(summary).toMatchObject({
    villages: 242,
    routers: 4,
    provisioned: 4,
    emptyPlans: 4,
    metricsMatched: 4,
  });
  expect(summary.sessions.octetsMatched).toBe(summary.sessions.started);
  expect(Object.keys(summary.sessions.stopped).toSorted()).toEqual([
    'Admin-Reset',
    'Data-Limit',
    'NAS-Reboot',
    'Session-Timeout',
    'User-Request',
  ]);
  expect(Object.keys(summary.logins.rejected).toSorted()).toEqual([
    'SW-BADCRED',
    'SW-DEVICES',
    'SW-DISABLED',
    'SW-EXPIRED',
    'SW-QUOTA',
    'SW-TIME',
    'SW-VILLAGE',
  ]);
});

it.each(SABOTAGES.map(({ name, layer, says }) => ({ name, layer, says })))(
  'blames the $layer when $says',
  async ({ name, layer }) => {
    const { code, summary } = await rehearse(
      '--routers',
      '2',
      '--phones',
      '24',
      '--sabotage',
      name,
    );

    expect(code).toBe(1);
    expect(summary.failures[0]?.layer).toBe(layer);
  },
);
