/** The documentation names every error code and every metric of the source, and no other. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const PRODUCT =
  '{portal,radius,filter,controller,settings,console,store,simulator,config,lib,scripts}/**/*.ts';
const TEST_HELPERS = /\.test\.ts$|\/test-[^/]*\.ts$|\/testing\//;

/** Codes of the folders, and what is given to an error's constructor or logged, whatever its prefix. */
const CODES = [
  /['"`]((?:STORE|RADIUS|ROUTER|FILTER|CONFIG|PORTAL|CONTROLLER|CONSOLE|SETTING|SIMULATOR|DEMO|SERVE)_[A-Z0-9_]+)['"`]/g,
  /(?:\bsuper|\bnew \w*Error)\(\s*['"`]([A-Z][A-Z0-9_]+)['"`]/g,
  /\bcode: ['"`]([A-Z]+_[A-Z0-9_]+)['"`]/g,
];
const METRIC = /['"`](smartwifi_[a-z0-9_]+)/g;

function codesIn(text: string): string[] {
  return CODES.flatMap((pattern) => [...text.matchAll(pattern)].map(([, code]) => code!));
}

/** Series of a histogram (`…_count`) are its metric. */
function metricsIn(text: string): string[] {
  const names = [...text.matchAll(METRIC)].map(([, name]) => name!);
  return names.map((name) => {
    const base = name.replace(/_(?:count|sum|bucket)$/, '');
    return names.includes(base) ? base : name;
  });
}

/** Names in the first column of a page's tables. */
function documented(page: string, name: RegExp): string[] {
  const rows = page.split('\n').flatMap((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? []);
  return rows.flatMap((cell) => [...cell.matchAll(name)].map(([, found]) => found!));
}

function source(): string {
  return globSync(PRODUCT, { cwd: ROOT })
    .filter((path) => !TEST_HELPERS.test(path))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n');
}

function page(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}

describe('docs/operations.md', () => {
  it('lists every error code that the source can give, and no other', () => {
    const listed = documented(page('operations.md'), /`([A-Z][A-Z0-9_]+)`/g);

    expect(sorted(listed)).toEqual(sorted(codesIn(source())));
  });

  it('lists each once', () => {
    const listed = documented(page('operations.md'), /`([A-Z][A-Z0-9_]+)`/g);

    expect(listed).toHaveLength(new Set(listed).size);
  });
});

describe('docs/metrics.md', () => {
  it('lists every metric that the source registers or renders, and no other', () => {
    const listed = documented(page('metrics.md'), /`(smartwifi_[a-z0-9_]+)`/g);

    expect(sorted(listed)).toEqual(sorted(metricsIn(source())));
  });
});

describe('the collectors', () => {
  it('find codes in constructors, types and tables', () => {
    const text = `
      super('USAGE', message);
      throw new StoreError(
        'STORE_KEY',
      type Code = | 'ROUTER_LOST' | "RADIUS_LISTEN";
      log.error({ code: 'METRICS_FAILED' }, 'x');
      const other = 'PORTALS'; const env = 'NODE_ENV';`;

    expect(sorted(codesIn(text))).toEqual([
      'METRICS_FAILED',
      'RADIUS_LISTEN',
      'ROUTER_LOST',
      'STORE_KEY',
      'USAGE',
    ]);
  });

  it('find metrics in calls and in rendered text', () => {
    const text = `counter('smartwifi_dns_queries_total', 'x'); out(\`smartwifi_router_up{\${labels}}\`)`;

    expect(metricsIn(text)).toEqual(['smartwifi_dns_queries_total', 'smartwifi_router_up']);
  });

  it('take a series of a histogram for its metric', () => {
    const text = `'smartwifi_wait_seconds' 'smartwifi_wait_seconds_count' 'smartwifi_user_count'`;

    expect(sorted(metricsIn(text))).toEqual(['smartwifi_user_count', 'smartwifi_wait_seconds']);
  });

  it('read only the first column of a table', () => {
    const text = '| code | means |\n|---|---|\n| `A_B` | like `C_D` |\n`E_F` in a sentence';

    expect(documented(text, /`([A-Z][A-Z0-9_]+)`/g)).toEqual(['A_B']);
  });
});
