/** Test helper: a router on the wire, made of the model and the scripted peer. */

import { type PeerCommand, type TestPeer, testPeer } from './routeros/test-peer.ts';
import { type ModelRow, type RouterModel, routerModel } from './test-model.ts';

export interface TestRouter extends AsyncDisposable {
  readonly model: RouterModel;
  readonly peer: TestPeer;
  readonly port: number;
  /** `user` to `password`; an added or changed `/user` enters by itself. */
  readonly users: Map<string, string>;
  /** Called with each command before it is performed; a text is the trap to answer with. */
  refuse: (command: string, attributes: ModelRow) => string | null;
}

export async function testRouter(
  menus: Readonly<Record<string, readonly ModelRow[]>>,
): Promise<TestRouter> {
  const model = routerModel(menus);
  const users = new Map([['admin', 'admin-pw']]);
  const router = {
    refuse: (_command: string, _attributes: ModelRow): string | null => null,
  };
  const answer = (command: PeerCommand): void => {
    const [name = '', ...words] = command.words;
    const attributes = Object.fromEntries(
      words.filter((word) => word.startsWith('=')).map((word) => split(word.slice(1))),
    );
    const refusal = router.refuse(name, attributes);
    if (refusal !== null) {
      command.reply('!trap', `=message=${refusal}`);
      command.reply('!done');
    } else if (name === '/system/backup/save') {
      model.perform('/file/add', { name: `${attributes.name}.backup`, size: '4096' });
      command.reply('!done');
    } else if (/^\/(safe-mode\/|system\/backup\/load$|cancel$)/.test(name)) {
      command.reply('!done');
    } else if (name.endsWith('/print')) {
      print(model, command, name.slice(0, -6), attributes);
    } else {
      write(command, name, attributes);
    }
  };
  const write = (command: PeerCommand, name: string, attributes: ModelRow): void => {
    try {
      const ret = model.perform(name, attributes);
      if (name.startsWith('/user/') && attributes.password !== undefined) {
        users.set(attributes.name ?? 'sw-ctl', attributes.password);
      }
      command.reply('!done', ...(ret === '' ? [] : [`=ret=${ret}`]));
    } catch (error) {
      command.reply('!trap', `=message=${error instanceof Error ? error.message : 'failed'}`);
      command.reply('!done');
    }
  };
  const peer = await testPeer(answer, {
    onLogin: (command) => {
      const given = Object.fromEntries(command.words.slice(1).map((word) => split(word.slice(1))));
      if (users.get(given.name ?? '') !== given.password) {
        command.reply('!trap', '=message=invalid user name or password (6)');
      }
      command.reply('!done');
    },
  });
  return Object.assign(router, {
    model,
    users,
    peer,
    port: peer.port,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  });
}

function print(model: RouterModel, command: PeerCommand, path: string, attributes: ModelRow): void {
  const rows = model.menus.get(path) ?? [];
  const names = command.words.flatMap((word) => (word.startsWith('?name=') ? [word.slice(6)] : []));
  const wanted = rows.filter((row) => names.length === 0 || names.includes(row.name ?? ''));
  const properties = attributes['.proplist']?.split(',');
  if ('count-only' in attributes) {
    command.reply('!done', `=ret=${wanted.length}`);
    return;
  }
  for (const row of wanted) {
    const shown = Object.entries(row).filter(([name]) => properties?.includes(name) ?? true);
    command.reply('!re', ...shown.map(([name, value]) => `=${name}=${value}`));
  }
  if (wanted.length === 0) command.reply('!empty');
  command.reply('!done');
}

function split(word: string): [string, string] {
  const at = word.indexOf('=');
  return at === -1 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}
