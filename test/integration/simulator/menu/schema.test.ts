import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasCommand } from '../../../../simulator/api/commands.ts';
import { MENUS } from '../../../../simulator/menu/schema.ts';
import { type Property, versionNumber } from '../../../../simulator/menu/schema-parse.ts';
import { createTree } from '../../../../simulator/menu/tree.ts';

const PUBLISHED = new URL('../../../../../shared/data/routeros-schema.json', import.meta.url);
const present = existsSync(PUBLISHED);
if (!present) console.log('skipped: the published RouterOS schema is not at hand');

interface PublishedProperty {
  readonly ro?: boolean;
  readonly since?: string;
  readonly removedAfter?: string;
  readonly enum?: readonly (string | number)[];
  readonly enumSrc?: string;
  readonly default?: string | number | boolean;
  readonly ansibleOnly?: boolean;
}

interface PublishedMenu {
  readonly singleton?: boolean;
  readonly versions?: 'all' | readonly string[];
  readonly ordered?: boolean;
  readonly commands?: Readonly<Record<string, unknown>>;
  readonly properties?: Readonly<Record<string, PublishedProperty>>;
}

function published(): Readonly<Record<string, PublishedMenu>> {
  const text = readFileSync(PUBLISHED, 'utf8');
  return (JSON.parse(text) as { paths: Record<string, PublishedMenu> }).paths;
}

/** Calls `report` for each property of ours with what was published of it. */
function eachProperty(report: (where: string, ours: Property, theirs: PublishedProperty) => void) {
  const menus = published();
  for (const menu of MENUS.values()) {
    for (const property of menu.properties.values()) {
      const theirs = menus[menu.path]?.properties?.[property.name];
      if (theirs !== undefined) report(`${menu.path} ${property.name}`, property, theirs);
    }
  }
}

describe.skipIf(!present)('against the published schema', () => {
  it('every menu and property exists', () => {
    const menus = published();
    const unknown = [...MENUS.values()].flatMap((menu) =>
      menus[menu.path] === undefined
        ? [menu.path]
        : [...menu.properties.keys()]
            .filter((name) => menus[menu.path]?.properties?.[name] === undefined)
            .map((name) => `${menu.path} ${name}`),
    );

    expect(unknown).toEqual([]);
  });

  it('order and `unset` are offered where they are', () => {
    const menus = published();
    const wrong = [...MENUS.values()].filter((menu) => {
      const { ordered = false, commands = {} } = menus[menu.path] ?? {};
      return menu.ordered !== ordered || menu.extra.has('unset') !== 'unset' in commands;
    });

    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it.each(['7.16.2', '7.18.2', '7.20.8', '7.24'])('%s has its menus and no others', (version) => {
    const menus = published();
    const tree = createTree({ version, packages: ['wifi', 'wireless'] });
    const wrong = [...MENUS.keys()].filter((path) => {
      const { versions = 'all' } = menus[path] ?? {};
      const theirs = versions === 'all' || versions.includes(version);
      return theirs !== (tree.menu(path) !== undefined);
    });

    expect(wrong.filter((path) => !HARDWARE.includes(path))).toEqual([]);
  });

  it('every verb that a menu takes exists there, and no other verb of theirs is missing', () => {
    const menus = published();
    const tree = createTree({ version: '7.24', packages: ['wifi', 'wireless'] });
    const wrong = [...MENUS.keys()].flatMap((path) => {
      const theirs = menus[path]?.commands ?? {};
      return VERBS.filter((verb) => {
        const ours = hasCommand(tree, new Map(), `${path}/${verb}`);
        return ours !== verb in theirs;
      }).map((verb) => `${path}/${verb}`);
    });

    expect(wrong.filter((word) => !OUR_VERBS.includes(word))).toEqual([]);
  });

  it('what is read-only is read-only', () => {
    const wrong: string[] = [];
    eachProperty((where, ours, theirs) => {
      if (ours.readOnly !== (theirs.ro ?? false)) wrong.push(where);
    });

    expect(wrong.filter((where) => !OUR_READ_ONLY.includes(where))).toEqual([]);
  });

  it('properties come and go with the same versions', () => {
    const wrong: string[] = [];
    eachProperty((where, ours, theirs) => {
      const since = Math.floor(versionNumber(theirs.since ?? '0') / 100) * 100;
      const gone = theirs.removedAfter !== undefined;
      if (ours.since !== since || ours.until < versionNumber('99') !== gone) wrong.push(where);
    });

    expect(wrong).toEqual([]);
  });

  it('every word of an enumeration is one of theirs', () => {
    const wrong: string[] = [];
    eachProperty((where, ours, theirs) => {
      if (ours.type.base !== 'word' && ours.type.base !== 'set' && ours.type.base !== 'policy')
        return;
      if (theirs.enum === undefined) return;
      const known = theirs.enum.map(String);
      const strange = ours.type.words.filter((word) => !known.includes(word));
      if (strange.length > 0) wrong.push(`${where}: ${strange.join(',')}`);
    });

    expect(wrong).toEqual([]);
  });

  it('defaults agree', () => {
    const wrong: string[] = [];
    eachProperty((where, ours, theirs) => {
      if (ours.default === undefined || theirs.default === undefined) return;
      const wanted = { yes: 'true', no: 'false' }[String(theirs.default)] ?? String(theirs.default);
      if (ours.default !== wanted) wrong.push(`${where}: ${ours.default} is not ${wanted}`);
    });

    expect(wrong.filter((line) => !OUR_DEFAULTS.some((where) => line.startsWith(where)))).toEqual(
      [],
    );
  });
});

/** `listen` and `getall` are of the binary API alone, so no schema has them. */
const VERBS = [
  'print',
  'get',
  'find',
  'add',
  'set',
  'remove',
  'move',
  'unset',
  'enable',
  'disable',
  'comment',
];

/** The row of a modem goes with the modem, packages come by upgrades, sessions by logins. */
const OUR_VERBS: readonly string[] = [
  '/interface/lte/remove',
  '/system/package/enable',
  '/system/package/disable',
  '/user/active/add',
];

/** Published of a virtual router, which has none of it in any version but the last. */
const HARDWARE: readonly string[] = ['/system/routerboard'];

/** The twin's clock is given by whoever runs it; clients mark no address as dynamic themselves. */
const OUR_READ_ONLY: readonly string[] = [
  '/system/clock time',
  '/system/clock date',
  '/ip/firewall/address-list dynamic',
];

/** The published value is of another board, of the command line, or a boolean where print shows a word. */
const OUR_DEFAULTS: readonly string[] = [
  '/ip/dns cache-size',
  '/ip/ssh forwarding-enabled',
  '/ip/hotspot/profile html-directory',
  '/system/identity name',
  '/radius radsec-timeout',
  '/ppp/profile change-tcp-mss',
  '/ppp/profile use-ipv6',
];
