import { describe, expect, it } from 'vitest';
import { factoryTree } from './factory.ts';
import { add, attributes } from './test-tree.ts';
import type { WritableTree } from './tree-state.ts';

const logged = (tree: WritableTree): (string | undefined)[][] =>
  tree.rows('/log').map(({ values }) => [values.buffer, values.message]);

describe('the log', () => {
  it('shows what rules send to memory or to the console, and nothing else', () => {
    const tree = factoryTree();

    tree.log('hotspot,info,debug', 'info');
    tree.log('hotspot,debug', 'debug');
    tree.log('system,clock,critical', 'critical');
    tree.log('system,error,critical', 'both');

    expect(logged(tree)).toEqual([
      ['memory', 'info'],
      ['echo', 'critical'],
      ['memory,echo', 'both'],
    ]);
  });

  it('follows rules of all topics, negated ones too, wherever they lead', () => {
    const tree = factoryTree();
    for (const { id } of tree.rows('/system/logging')) {
      tree.set('/system/logging', [id], attributes({ disabled: 'yes' }));
    }
    add(tree, '/system/logging/action', { name: 'swctl', target: 'remote' });
    add(tree, '/system/logging', { topics: 'hotspot,debug,!packet' });
    add(tree, '/system/logging', { topics: 'info', action: 'swctl' });

    tree.log('hotspot,debug', 'a');
    tree.log('hotspot,debug,packet', 'b');
    tree.log('hotspot', 'c');
    tree.log('system,info', 'd');

    expect(logged(tree)).toEqual([['memory', 'a']]);
  });

  it('holds as many lines as its action says', () => {
    const tree = factoryTree();
    const { id } = tree.find('/system/logging/action', 'memory')!;
    tree.set('/system/logging/action', [id], attributes({ 'memory-lines': '2' }));

    for (const message of ['a', 'b', 'c']) tree.log('system,info', message);

    expect(logged(tree).map(([, message]) => message)).toEqual(['b', 'c']);
  });
});
