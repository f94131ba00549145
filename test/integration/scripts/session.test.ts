/** What an operator sees of sessions that a router does not let go. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import { START_MS } from '../../../radius/radius.fixture.ts';
import type { CommandContext } from '../../../scripts/command.ts';
import { COMMANDS } from '../../../scripts/commands.ts';
import { openStore } from '../../../store/open.ts';
import { seedVillage } from '../radius/coa-stand.ts';
import { ENGINES } from '../store/engines.ts';

describe('session waiting', () => {
  it('says what no router has acknowledged, when it is tried again, and why not yet', async () => {
    await using place = await ENGINES[0]!.place();
    const { store } = await openStore(place.options);
    const { sessionId } = await (await seedVillage(store, 3799)).online();
    await store.requestDisconnect({ sessionId, reason: 'operator', at: START_MS });
    await store.claimEnforcement({ at: START_MS, leaseMs: 1000, limit: 1 });
    await store.recordEnforcement({
      ...{ sessionId, action: 'disconnect', outcome: 'failed', at: START_MS },
      ...{ retryAt: START_MS + 60_000, error: 'no answer' },
    });
    await store[Symbol.asyncDispose]();
    const printed: [unknown, string][] = [];
    const context: CommandContext = {
      config: { ...loadConfig({ cwd: '/nonexistent' }), ...place.options },
      options: {},
      operands: [],
      json: false,
      print: (document, text) => void printed.push([document, text]),
      progress: () => undefined,
      signal: new AbortController().signal,
    };

    await (await COMMANDS['session waiting']!()).run(context);

    const [[document, text]] = printed as [[unknown, string]];
    expect(document).toMatchObject([
      {
        ...{ session: { id: sessionId }, action: 'disconnect', reason: 'operator', attempts: 1 },
        ...{ error: 'no answer', nextAt: START_MS + 60_000 },
      },
    ]);
    expect(text).toContain('no answer');
    expect(text).toContain('rt-teladan');
  });
});
