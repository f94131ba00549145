/**
 * `/import file-name=…` runs a file as a script; `/system/reset-configuration` leaves a router without configuration and,
 * with `run-after-reset`, imports one at the boot that follows. Together they bring an export back.
 */
import { type Call, DONE, type Outcome } from '../api/call.ts';
import { failure, missing, unknownParameter } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { Jobs } from './jobs.ts';
import { running } from './scripts.ts';

export function importFile(call: Call, jobs: Jobs): Outcome {
  refuseOthers(call, ['file-name', 'verbose', 'from-line']);
  const name = call.attributes.get('file-name');
  if (name === undefined) throw missing('file-name');
  return running(call, jobs, scriptFile(call.tree, name));
}

/** What a router does with its configuration, and the file that it runs at its next boot. */
export function resetConfiguration(
  call: Call,
  atBoot: (file: string, rights: ReadonlySet<string>) => void,
): Outcome {
  refuseOthers(call, ['no-defaults', 'keep-users', 'skip-backup', 'run-after-reset']);
  const { tree, attributes } = call;
  const file = attributes.get('run-after-reset');
  if (file !== undefined) scriptFile(tree, file);
  const kind = isYes(attributes.get('no-defaults')) ? 'no-defaults' : 'defaults';
  const reset = tree.resets.get(kind);
  if (reset === undefined) throw failure('no default configuration');
  const now = tree.snapshot();
  const kept = isYes(attributes.get('keep-users')) ? [...HARDWARE, ...USERS] : HARDWARE;
  tree.restore(
    new Map([...reset, ...kept.flatMap((path) => [[path, now.get(path) ?? []] as const])]),
  );
  if (file !== undefined) atBoot(file, call.user.rights);
  call.onPower('reboot');
  return DONE;
}

/** No reset and no backup changes what a router is made of. */
export const HARDWARE: readonly string[] = [
  '/system/resource',
  '/system/routerboard',
  '/system/device-mode',
];
const USERS = ['/user', '/user/group'];

/** Throws a Trap when there is no such file. */
export function scriptFile(tree: WritableTree, name: string): string {
  const content = tree.fileBytes(name) ?? tree.fileBytes(`${name}.rsc`);
  if (content === undefined) throw failure(`cannot open import file ${name}`);
  return content.toString();
}

function isYes(value: string | undefined): boolean {
  return value === 'yes' || value === 'true';
}

function refuseOthers(call: Call, names: readonly string[]): void {
  for (const name of call.attributes.keys()) {
    if (!names.includes(name)) throw unknownParameter(name);
  }
}
