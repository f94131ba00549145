/** The house is in order, and each rule can tell when it is not. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  breaches,
  FOLDERS,
  importBreach,
  importsOf,
  type SourceFile,
} from './architecture-rules.ts';

const ROOT = join(import.meta.dirname, '..');

function repository(): SourceFile[] {
  const paths = globSync(['**/*.{ts,ejs}', '*/README.md'], {
    cwd: ROOT,
    exclude: ['node_modules/**', 'var/**', 'coverage/**'],
  });
  return paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

describe('this repository', () => {
  it('keeps every rule of the house', () => {
    expect(breaches(repository())).toEqual([]);
  });

  it('is what was read', () => {
    const paths = repository().map(({ path }) => path);

    expect(paths).toContain('lib/errors.ts');
    expect(paths).toContain('test/architecture.test.ts');
    expect(paths.filter((path) => path.includes('node_modules'))).toEqual([]);
  });
});

describe('an import', () => {
  const value = (from: string, to: string) => importBreach(from, { to, typeOnly: false });
  const type = (from: string, to: string) => importBreach(from, { to, typeOnly: true });

  it.each([
    ['lib/log.ts', 'lib/mac.ts', 'lib files import nothing of ours'],
    ['simulator/nas.ts', 'lib/md5.ts', 'the simulator hashes on its own'],
    ['portal/app.ts', 'config/load.ts', 'only scripts and tests import config'],
    ['radius/server.ts', 'test/fixtures/nas.ts', 'product code never imports test'],
    ['radius/server.ts', 'store/open.ts', 'only scripts and tests open the store'],
    [
      'radius/server.ts',
      'store/sqlite/driver.ts',
      'of store, only contract.ts, its types and open.ts',
    ],
    ['radius/server.ts', 'store/types.ts', 'store types come by "import type"'],
    ['config/load.ts', 'store/types.ts', 'config knows no store'],
    ['store/cache.ts', 'portal/app.ts', 'store does not import portal'],
    ['lib/log.ts', 'radius/codec.ts', 'lib does not import radius'],
    ['portal/app.ts', 'radius/server.ts', 'portal does not import radius'],
    ['portal/app.ts', 'controller/poll.ts', 'portal does not import controller'],
    ['radius/server.ts', 'filter/table.ts', 'radius does not import filter'],
    ['filter/resolver.ts', 'radius/codec.ts', 'filter does not import radius'],
    ['console/app.ts', 'controller/plan.ts', 'console does not import controller'],
    ['simulator/nas.ts', 'radius/codec.ts', 'simulator does not import radius'],
    ['simulator/api.ts', 'controller/routeros/codec.ts', 'simulator does not import controller'],
    ['controller/poll.test.ts', 'simulator/api.ts', 'controller does not import simulator'],
    [
      'scripts/commands/serve.ts',
      'simulator/twin.ts',
      'only demo and simulate import the simulator',
    ],
    ['scripts/dashboards.ts', 'portal/app.ts', 'only scripts/commands, serve and demo start roles'],
  ])('%s → %s is refused', (from, to, why) => {
    expect(value(from, to)).toBe(why);
  });

  it('by type may reach the store contract from every role', () => {
    expect(type('radius/server.ts', 'store/contract.ts')).toBeNull();
    expect(type('controller/poll.ts', 'store/types.ts')).toBeNull();
  });

  it.each([
    ['portal/app.ts', 'radius/client.ts'],
    ['portal/blocked.ts', 'filter/explain.ts'],
    ['controller/desired.ts', 'filter/digest.ts'],
    ['console/policies.ts', 'filter/policy.ts'],
    ['radius/codec.ts', 'lib/md5.ts'],
    ['lib/mac.test.ts', 'lib/mac.ts'],
    ['store/open.ts', 'store/sqlite/driver.ts'],
    ['radius/server.test.ts', 'store/open.ts'],
    ['scripts/commands/serve.ts', 'store/open.ts'],
    ['scripts/commands/serve.ts', 'radius/server.ts'],
    ['scripts/serve/radius-worker.ts', 'radius/server.ts'],
    ['scripts/commands/demo.ts', 'simulator/twin.ts'],
    ['scripts/commands/simulate-phones.ts', 'simulator/phone.ts'],
    ['scripts/demo/run.ts', 'simulator/phone.ts'],
    ['test/e2e/login.test.ts', 'simulator/phone.ts'],
  ])('%s → %s is fine', (from, to) => {
    expect(value(from, to)).toBeNull();
  });
});

describe('importsOf', () => {
  const found = (...lines: string[]) =>
    importsOf('portal/app.ts', lines.join('\n')).map(({ to, typeOnly }) =>
      typeOnly ? `type ${to}` : to,
    );

  it('reads every form of import', () => {
    expect(
      found(
        "import { a } from './a.ts';",
        "import type { B } from '../store/types.ts';",
        'import {',
        '  type C,',
        "} from '../store/contract.ts';",
        "import './side-effect.ts';",
        "export { d } from '../radius/d.ts';",
        "export type * from './e.ts';",
        "import type from './named-type.ts';",
        "const f = await import('./f.ts');",
        "new Worker(new URL('./worker.ts', import.meta.url));",
      ),
    ).toEqual([
      'portal/a.ts',
      'type store/types.ts',
      'store/contract.ts',
      'portal/side-effect.ts',
      'radius/d.ts',
      'type portal/e.ts',
      'portal/named-type.ts',
      'portal/f.ts',
      'portal/worker.ts',
    ]);
  });

  it('reads neither packages, comments nor exports of our own', () => {
    expect(
      found(
        "import express from 'express';",
        "// import { a } from '../radius/a.ts';",
        '/**',
        " * import('../radius/b.ts')",
        ' */',
        "export const url = 'https://example.id'; // see './c.ts'",
        "export const d = './d.ts';",
      ),
    ).toEqual([]);
  });
});

describe('a breach of the house', () => {
  const house: SourceFile[] = FOLDERS.map((folder) => ({
    path: `${folder}/README.md`,
    text: `# ${folder}\n`,
  }));
  const told = (...files: SourceFile[]) => breaches([...house, ...files]);

  it('is not seen in a house in order', () => {
    expect(told({ path: 'lib/log.ts', text: 'export const a = 1;\n' })).toEqual([]);
  });

  it.each([
    ['portal/a.ts', "import { x } from '../console/x.ts';", 'portal does not import console'],
    ['portal/a.ts', 'const e = process.env.HOME;', 'only config reads the environment'],
    ['scripts/cli.ts', 'const { env } = process . env;', 'only config reads the environment'],
    ['portal/a.ts', 'export default 1;', 'has a default export'],
    ['portal/a.ts', 'const a = 1;\nexport { a as default };', 'has a default export'],
    ['radius/a.ts', 'x;\n'.repeat(401), 'has 401 lines, more than 400'],
    ['views/a.ejs', '<p><%- name %></p>', '<%- writes without escaping'],
    ['helpers/a.ts', '', 'a new top-level folder needs an ADR'],
  ])('%s with %j', (path, text, what) => {
    const [first, ...others] = told({ path, text });

    expect(first).toContain(what);
    expect(others).toEqual([]);
  });

  it('is an eleventh file of lib, tests not counted', () => {
    const lib = (count: number, suffix: string) =>
      Array.from({ length: count }, (_, n) => ({ path: `lib/f${n}${suffix}`, text: '' }));

    expect(told(...lib(10, '.ts'), ...lib(10, '.test.ts'))).toEqual([]);
    expect(told(...lib(11, '.ts'))).toEqual(['lib/: 11 files, more than 10']);
  });

  it('is a folder without a README that opens it', () => {
    const files: SourceFile[] = [
      { path: 'lib/log.ts', text: '' },
      { path: 'radius/README.md', text: 'radius\n' },
    ];

    expect(breaches(files)).toEqual([
      'lib/: no README.md that opens it',
      'radius/: no README.md that opens it',
    ]);
  });

  it('is not an include, a test that reads CI, or 400 lines', () => {
    expect(
      told(
        { path: 'views/a.ejs', text: "<%- include('../partials/head') %><%= name %>" },
        { path: 'store/a.test.ts', text: 'const ci = process.env.CI;' },
        { path: 'config/load.ts', text: 'const e = process.env;' },
        { path: 'vitest.config.ts', text: 'const s = process.env.SOAK;\nexport default {};' },
        { path: 'radius/a.ts', text: 'x;\n'.repeat(400) },
        { path: 'lib/a.ts', text: '// process.env and export default are banned' },
      ),
    ).toEqual([]);
  });
});
