import { redactConfig } from '../../config/redact.ts';
import { openStore } from '../../store/open.ts';
import type { Command } from '../command.ts';

export const checkConfig: Command = {
  summary: 'read the configuration, name every problem, and start nothing',
  usage: '',
  options: {},
  run: async (context) => {
    const shown = redactConfig(context.config);
    context.print(shown, `the configuration is right: store ${shown.store}`);
    return 0;
  },
};

export const migrateStore: Command = {
  summary: 'bring the store to the schema of this version',
  usage: '',
  options: {},
  run: async (context) => {
    const { store, migrated } = await openStore(context.config);
    await store[Symbol.asyncDispose]();
    context.print(
      { migrated },
      migrated.length === 0 ? 'the store is up to date' : `applied: ${migrated.join(', ')}`,
    );
    return 0;
  },
};
