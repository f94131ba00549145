/**
 * The import table of docs/architecture.md and the other rules of the house, as one pure function
 * over file texts. `architecture.test.ts` asks it about this repository and about small samples that
 * break each rule.
 */
import { posix } from 'node:path';

export interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  /** Repository path of the imported file. */
  readonly to: string;
  /** Leaves nothing at run time: `import type`, `export type … from`. */
  readonly typeOnly: boolean;
}

const ROLES = ['portal', 'radius', 'filter', 'controller', 'console', 'simulator'];
export const FOLDERS = [
  ...ROLES,
  'settings',
  'store',
  'views',
  'config',
  'lib',
  'scripts',
  'test',
  'docs',
];

const MAX_LINES = 400;
const MAX_LIB_FILES = 10;
const STORE_TYPES = /^store\/(?:contract|types|[a-z]+-types)\.ts$/;
const COMPOSITION_ROOT = /^scripts\/(?:commands|serve|demo)\//;
const SIMULATION_ROOT = /^scripts\/(?:commands\/(?:demo|simulate)[^/]*\.ts$|demo\/)/;
const TEST_FILE = /\.test\.ts$/;
/** Configuration of the test runner: no product code. */
const TEST_RUNNER = 'vitest.config.ts';

/** Which roles a role may import, and what of them. */
const BETWEEN_ROLES: Readonly<Record<string, readonly RegExp[]>> = {
  portal: [/^radius\/client\.ts$/, /^filter\//],
  controller: [/^filter\//],
  console: [/^filter\//],
};

/** One line per breach, `path: what`; empty when the house is in order. */
export function breaches(files: readonly SourceFile[]): string[] {
  const found = files.flatMap((file) =>
    [...fileBreaches(file), ...importBreaches(file)].map((what) => `${file.path}: ${what}`),
  );
  const paths = files.map(({ path }) => path);
  return [...found, ...folderBreaches(paths), ...libBreaches(paths), ...readmeBreaches(files)];
}

/** Why `from` may not import `to`; null when it may. */
export function importBreach(from: string, { to, typeOnly }: Import): string | null {
  const source = folderOf(from);
  const target = folderOf(to);
  if (source === 'test') return null;
  const isTest = TEST_FILE.test(from);
  switch (target) {
    case 'lib':
      if (source === 'lib' && !isTest) return 'lib files import nothing of ours';
      if (source === 'simulator' && to === 'lib/md5.ts') return 'the simulator hashes on its own';
      return null;
    case 'config':
      return source === 'config' || source === 'scripts' || isTest
        ? null
        : 'only scripts and tests import config';
    case 'settings':
      return source === 'lib' || source === 'store' || source === 'config'
        ? `${source} knows no settings`
        : null;
    case 'test':
      return isTest ? null : 'product code never imports test';
    case 'store':
      return storeBreach(from, to, typeOnly);
    default:
      return ROLES.includes(target) ? roleBreach(from, to) : null;
  }
}

/** Every file of this repository that `text` imports, names as a worker, or re-exports. */
export function importsOf(path: string, text: string): Import[] {
  const code = withoutComments(text);
  const statements = code.matchAll(
    /^(?:import|export(?=[^;'"=]*\bfrom\b))\b(\s+type\b(?!\s*(?:,|from)))?[^;'"]*['"](\.[^'"]*)['"]/gm,
  );
  const calls = code.matchAll(
    /\bimport\(\s*['"](\.[^'"]*)['"]|\bnew URL\(\s*['"](\.[^'"]*\.ts)['"]\s*,\s*import\.meta\.url/g,
  );
  const resolve = (specifier: string): string => posix.join(posix.dirname(path), specifier);
  return [
    ...[...statements].map(([, type, specifier]) => ({
      to: resolve(specifier!),
      typeOnly: type !== undefined,
    })),
    ...[...calls].map(([, called, worker]) => ({
      to: resolve((called ?? worker)!),
      typeOnly: false,
    })),
  ];
}

function storeBreach(from: string, to: string, typeOnly: boolean): string | null {
  const source = folderOf(from);
  const isTest = TEST_FILE.test(from);
  if (source === 'store') return null;
  if (to === 'store/open.ts') {
    return source === 'scripts' || isTest ? null : 'only scripts and tests open the store';
  }
  if (!STORE_TYPES.test(to)) return 'of store, only contract.ts, its types and open.ts';
  if (source === 'config' || source === 'lib') return `${source} knows no store`;
  return typeOnly ? null : 'store types come by "import type"';
}

function roleBreach(from: string, to: string): string | null {
  const source = folderOf(from);
  const target = folderOf(to);
  if (source === target) return null;
  if (source === 'scripts') {
    if (target === 'simulator') {
      return SIMULATION_ROOT.test(from) ? null : 'only demo and simulate import the simulator';
    }
    if (target === 'filter') return null;
    return COMPOSITION_ROOT.test(from) ? null : 'only scripts/commands, serve and demo start roles';
  }
  if (BETWEEN_ROLES[source]?.some((allowed) => allowed.test(to)) === true) return null;
  return `${source} does not import ${target}`;
}

function importBreaches({ path, text }: SourceFile): string[] {
  if (!path.endsWith('.ts')) return [];
  return importsOf(path, text).flatMap((imported) => {
    const breach = importBreach(path, imported);
    return breach === null ? [] : [`imports ${imported.to}: ${breach}`];
  });
}

function fileBreaches({ path, text }: SourceFile): string[] {
  const found: string[] = [];
  if (path.endsWith('.ejs') && /<%-(?!\s*include\()/.test(text)) {
    found.push('<%- writes without escaping; only includes may');
  }
  if (!path.endsWith('.ts')) return found;
  const code = withoutComments(text);
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES) found.push(`has ${lines} lines, more than ${MAX_LINES}`);
  const isTool = path === TEST_RUNNER;
  const inTest = isTool || folderOf(path) === 'test' || TEST_FILE.test(path);
  if (!inTest && folderOf(path) !== 'config' && /\bprocess\s*\.\s*env\b/.test(code)) {
    found.push('only config reads the environment');
  }
  if (
    path !== 'vitest.config.ts' &&
    /^export default\b|^export \{[^}]*\bas default\b/m.test(code)
  ) {
    found.push('has a default export');
  }
  return found;
}

function folderBreaches(paths: readonly string[]): string[] {
  const folders = new Set(paths.filter((path) => path.includes('/')).map(folderOf));
  return [...folders]
    .filter((folder) => !folder.startsWith('.') && !FOLDERS.includes(folder))
    .map((folder) => `${folder}/: a new top-level folder needs an ADR`);
}

function libBreaches(paths: readonly string[]): string[] {
  const count = paths.filter((path) => /^lib\/.*\.ts$/.test(path) && !TEST_FILE.test(path)).length;
  return count > MAX_LIB_FILES ? [`lib/: ${count} files, more than ${MAX_LIB_FILES}`] : [];
}

function readmeBreaches(files: readonly SourceFile[]): string[] {
  const readmes = new Map(files.map(({ path, text }) => [path, text]));
  const folders = new Set(
    files.map(({ path }) => folderOf(path)).filter((name) => FOLDERS.includes(name)),
  );
  return [...folders]
    .filter((folder) => !/^# \S/.test(readmes.get(`${folder}/README.md`) ?? ''))
    .map((folder) => `${folder}/: no README.md that opens it`);
}

/** Comments away, strings and templates whole. */
function withoutComments(text: string): string {
  return text.replaceAll(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_match, literal: string | undefined) => literal ?? '',
  );
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}
