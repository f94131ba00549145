import { expect, it } from 'vitest';
import { factoryTree } from '../menu/factory.ts';
import { exportText } from './export.ts';

const OPTIONS = { sensitive: false, verbose: false, terse: false };

/** What an export says of a note, which is one long string. */
function noted(note: string): string[] {
  const tree = factoryTree();
  tree.setSingle('/system/note', new Map([['note', note]]));
  const lines = exportText(tree, '/system/note', OPTIONS).split('\n');
  return lines.slice(lines.indexOf('/system note') + 1, -1);
}

it('writes properties in the order of the alphabet, and breaks where RouterOS does', () => {
  const script = exportText(factoryTree(), '/ip/firewall/filter', OPTIONS);

  expect(script).toContain(
    [
      'add chain=input comment="defconf: accept established,related,untracked" \\',
      '    connection-state=established,related,untracked',
    ].join('\n'),
  );
  expect(script).toContain(
    [
      'add action=drop chain=forward comment=\\',
      '    "defconf: drop all from WAN not DSTNATed" connection-nat-state=!dstnat \\',
      '    connection-state=new in-interface-list=WAN',
    ].join('\n'),
  );
});

it('breaks long strings, between signs, and marks a space that a line begins with', () => {
  const word = 'x'.repeat(72);

  expect(noted(`${word} ${word} é`)).toEqual([
    'set note=\\',
    `    "${word} \\`,
    `    ${word} \\`,
    '    \\C3\\A9"',
  ]);
  expect(noted(`${'x'.repeat(73)} y`)).toEqual([
    'set note=\\',
    `    "${'x'.repeat(73)}\\`,
    '    \\_y"',
  ]);
});

it('leaves short statements alone', () => {
  expect(noted('pendek')).toEqual(['set note=pendek']);
});
