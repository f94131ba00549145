/** What a command word means: a verb on a menu, or one of the special commands. Rights are checked here. */
import type { Menu } from '../menu/schema-parse.ts';
import { missing, noSuchCommand, notPermitted, Trap, unknownParameter } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { SystemCommands } from '../system/commands.ts';
import { type Call, DONE, type Outcome } from './call.ts';
import { exportConfiguration } from './export.ts';
import { find, get, listen, print } from './print.ts';
import { SPECIAL_COMMANDS } from './special.ts';

type Verb = (call: Call, menu: Menu) => Outcome;

/** Throws a Trap for what a router refuses. */
export function runCommand(call: Call): Outcome {
  const path = parentOf(call.word);
  const special = call.system?.get(call.word) ?? SPECIAL_COMMANDS.get(call.word);
  if (special !== undefined) {
    if (special.inMenu && call.tree.menu(path) === undefined) throw unknownPath(call, path);
    require(call, special.right);
    return special.run(call);
  }
  if (call.word.endsWith('/export')) {
    require(call, 'read');
    return exportConfiguration(call, path);
  }
  const menu = call.tree.menu(path);
  if (menu === undefined) throw unknownPath(call, path);
  const name = call.word.slice(path.length + 1);
  const verb = VERBS.get(name);
  if (verb === undefined || !offers(menu, name)) throw noSuchCommand();
  require(call, rightFor(path, name));
  const outcome = verb(call, menu);
  if (!READING.has(name)) call.safeMode.countAction();
  return outcome;
}

/** Whether a script may name this command; `system` holds what the router adds to the verbs of menus. */
export function hasCommand(tree: WritableTree, system: SystemCommands, word: string): boolean {
  const path = parentOf(word);
  const special = system.get(word) ?? SPECIAL_COMMANDS.get(word);
  if (special !== undefined) return !special.inMenu || tree.menu(path) !== undefined;
  if (word.endsWith('/export')) return true;
  const menu = tree.menu(path);
  return (
    menu !== undefined &&
    VERBS.has(word.slice(path.length + 1)) &&
    offers(menu, word.slice(path.length + 1))
  );
}

/** Folders that hold commands only, such as `/system/backup`. */
export function isCommandFolder(system: SystemCommands, path: string): boolean {
  const under = `${path}/`;
  return [...system.keys(), ...SPECIAL_COMMANDS.keys()].some((word) => word.startsWith(under));
}

function parentOf(word: string): string {
  return word.slice(0, word.lastIndexOf('/'));
}

function unknownPath(call: Call, path: string): Trap {
  if (!call.tree.lacksPackage(path)) return new Trap('no such command prefix', 0);
  const leaf = path.slice(path.lastIndexOf('/') + 1);
  return new Trap('no such command prefix', 0, `no such command or directory (${leaf})`);
}

function require(call: Call, right: string): void {
  if (!call.user.rights.has(right)) throw notPermitted();
}

function rightFor(path: string, verb: string): string {
  if (READING.has(verb)) return 'read';
  return path.startsWith('/user') ? 'policy' : 'write';
}

const READING: ReadonlySet<string> = new Set(['print', 'getall', 'get', 'find', 'listen']);

/** Whether the menu has the verb at all. */
function offers(menu: Menu, verb: string): boolean {
  const writable = (name: string): boolean => menu.properties.get(name)?.readOnly === false;
  const settable = menu.kind === 'list' || menu.kind === 'fixed';
  switch (verb) {
    case 'print':
    case 'getall':
    case 'get':
    case 'listen':
      return true;
    case 'find':
      return menu.kind !== 'single';
    case 'add':
      return menu.kind === 'list';
    case 'remove':
      return menu.kind === 'list' || menu.evictable;
    case 'set':
      return settable || [...menu.properties.keys()].some(writable);
    case 'move':
      return menu.ordered;
    case 'enable':
    case 'disable':
      return settable && writable('disabled');
    case 'comment':
      return settable && writable('comment');
    default:
      return menu.extra.has(verb);
  }
}

const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['print', print],
  ['getall', print],
  ['get', get],
  ['find', find],
  ['listen', listen],
  ['add', add],
  ['set', set],
  ['remove', remove],
  ['move', move],
  ['unset', unset],
  ['enable', (call, menu) => toggle(call, menu, 'no')],
  ['disable', (call, menu) => toggle(call, menu, 'yes')],
  ['comment', comment],
]);

function add(call: Call, menu: Menu): Outcome {
  const attributes = new Map(call.attributes);
  const placeBefore = attributes.get('place-before');
  const copyFrom = attributes.get('copy-from');
  attributes.delete('copy-from');
  if (menu.ordered) attributes.delete('place-before');
  const ret = call.tree.add(menu.path, attributes, {
    writer: { user: call.user.name },
    ...(placeBefore !== undefined && menu.ordered ? { placeBefore } : {}),
    ...(copyFrom === undefined ? {} : { copyFrom }),
  });
  return { kind: 'done', ret };
}

function set(call: Call, menu: Menu): Outcome {
  if (menu.kind === 'single') {
    call.tree.setSingle(menu.path, call.attributes);
    return DONE;
  }
  const attributes = without(call.attributes, ['.id', 'numbers']);
  call.tree.set(menu.path, idsOf(call, menu), attributes, { user: call.user.name });
  return DONE;
}

function remove(call: Call, menu: Menu): Outcome {
  refuseOthers(call, ['.id', 'numbers']);
  call.tree.remove(menu.path, idsOf(call, menu));
  return DONE;
}

function move(call: Call, menu: Menu): Outcome {
  refuseOthers(call, ['.id', 'numbers', 'destination']);
  call.tree.move(menu.path, idsOf(call, menu), call.attributes.get('destination'));
  return DONE;
}

function unset(call: Call, menu: Menu): Outcome {
  refuseOthers(call, ['.id', 'numbers', 'value-name']);
  const names = call.attributes.get('value-name');
  if (names === undefined) throw missing('value-name');
  const attributes = new Map(names.split(',').map((name) => [`!${name}`, '']));
  call.tree.set(menu.path, idsOf(call, menu), attributes);
  return DONE;
}

function toggle(call: Call, menu: Menu, disabled: string): Outcome {
  refuseOthers(call, ['.id', 'numbers']);
  call.tree.set(menu.path, idsOf(call, menu), new Map([['disabled', disabled]]));
  return DONE;
}

function comment(call: Call, menu: Menu): Outcome {
  refuseOthers(call, ['.id', 'numbers', 'comment']);
  const text = call.attributes.get('comment') ?? '';
  call.tree.set(menu.path, idsOf(call, menu), new Map([['comment', text]]));
  return DONE;
}

/** Ids of the rows that a command names: a comma list of ids or names, or one name that holds commas. */
function idsOf(call: Call, menu: Menu): string[] {
  const given = call.attributes.get('.id') ?? call.attributes.get('numbers');
  if (given === undefined) throw missing('.id');
  const whole = call.tree.find(menu.path, given);
  if (whole !== undefined) return [whole.id];
  return given.split(',').map((token) => call.tree.find(menu.path, token)?.id ?? token);
}

function without(
  attributes: ReadonlyMap<string, string>,
  names: readonly string[],
): Map<string, string> {
  return new Map([...attributes].filter(([name]) => !names.includes(name)));
}

function refuseOthers(call: Call, names: readonly string[]): void {
  for (const name of call.attributes.keys()) {
    if (!names.includes(name)) throw unknownParameter(name);
  }
}
