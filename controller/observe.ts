/** Reads from a router what `desired` speaks of and nothing else, pipelined on one connection. */
import type { DesiredConfiguration, DesiredMenu } from './desired/types.ts';
import { printIfThere } from './facts.ts';
import type { Observed, ObservedFile, ObservedRow } from './plan.ts';
import type { RouterOsConnection } from './routeros/client.ts';

export async function observe(
  connection: RouterOsConnection,
  desired: DesiredConfiguration,
  signal?: AbortSignal,
): Promise<Observed> {
  const stop = signal === undefined ? {} : { signal };
  const readMenu = async (menu: DesiredMenu): Promise<[string, ObservedRow[]]> => [
    menu.path,
    await printIfThere(connection, menu.path, { proplist: propertiesOf(menu, desired), ...stop }),
  ];
  const [menus, files] = await Promise.all([
    Promise.all(desired.menus.map(readMenu)),
    readFiles(connection, desired, stop),
  ]);
  return { menus: new Map(menus), files };
}

/** Secrets are never asked for. */
function propertiesOf(menu: DesiredMenu, desired: DesiredConfiguration): string[] {
  const properties = new Set(menu.kind === 'single' ? [] : ['.id', 'dynamic', 'name']);
  if (menu.kind === 'rows') properties.add('comment').add('disabled');
  for (const property of [...(menu.matchers ?? []), ...(menu.reads ?? [])]) {
    properties.add(property);
  }
  for (const row of menu.rows) {
    for (const property of Object.keys({ ...row.values, ...row.during?.values })) {
      properties.add(property);
    }
    for (const property of Object.keys(row.adopt ?? {})) properties.add(property);
  }
  for (const rule of desired.factory) {
    if (rule.path !== menu.path) continue;
    for (const property of Object.keys(rule.match)) properties.add(property);
  }
  return [...properties];
}

async function readFiles(
  connection: RouterOsConnection,
  desired: DesiredConfiguration,
  stop: { signal?: AbortSignal },
): Promise<Map<string, ObservedFile>> {
  const names = [...desired.folders, ...desired.files.map((file) => file.name)];
  if (names.length === 0) return new Map();
  const queries = names.map((name) => `name=${name}`);
  if (names.length > 1) queries.push(`#${'|'.repeat(names.length - 1)}`);
  const rows = await connection.run(
    '/file/print',
    {},
    { proplist: ['.id', 'name', 'type', 'size', 'contents'], queries, ...stop },
  );
  return new Map(
    rows.map((row) => [
      row.name ?? '',
      {
        id: row['.id'] ?? '',
        type: row.type ?? '',
        size: row.size === undefined ? null : Number(row.size),
        contents: row.contents,
      },
    ]),
  );
}
