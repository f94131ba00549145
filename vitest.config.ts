import { defineConfig } from 'vitest/config';

/**
 * Unit tests lie beside the source; what crosses folders, starts other programs or waits on sockets
 * lies under test/, one project a kind. Limits of time are for hung tests, not for busy machines.
 */
const common = { passWithNoTests: true, globalSetup: ['test/fixtures/campaign.ts'] };
/** One file after another, after all the others. */
const alone = {
  ...common,
  pool: 'threads' as const,
  fileParallelism: false,
  hookTimeout: 120_000,
  sequence: { groupOrder: 1 },
};
const outside = ['node_modules/**', 'var/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...outside, 'test/*/**'],
          pool: 'threads',
          maxWorkers: '100%',
          // No suite changes what it shares with others, so a worker loads each module once.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...common,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // Processes: simulated villages take their addresses from the process id, and
          // better-sqlite3 does not bear threads that come and go.
          pool: 'forks',
          maxWorkers: '100%',
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...alone,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
        },
      },
      {
        test: {
          ...alone,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
