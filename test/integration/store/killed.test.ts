/** A node that is killed in a load of accounting keeps what it acknowledged, and counts nothing twice. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { AT, accounting, DAY, logIn, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';
import type { KilledWriterArgs } from './killed-writer.ts';

const SESSIONS = 32;
/** Killed after so many answers, and up to as many again. */
const ANSWERS = 200;
const KILLS = campaign(20);

describe.each(ENGINES)('a node on $name', (engine) => {
  let place: Awaited<ReturnType<typeof engine.place>>;
  beforeEach(async () => {
    place = await engine.place();
  });
  afterEach(() => place[Symbol.asyncDispose]());

  const reading = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const { store } = await openStore(place.options);
    await using _closed = store;
    return await work(store);
  };

  it(`killed ${KILLS.numRuns} times loses nothing that it acknowledged`, {
    timeout: KILLS.numRuns * 60_000,
  }, async () => {
    const { routerId, voucherId, ids } = await reading(openSessions);
    const committed = new Map(ids.map((id) => [id, 0]));
    const lost: string[] = [];
    for (let kill = 0; kill < KILLS.numRuns; kill += 1) {
      const acknowledged = await killWhileWriting(
        {
          ...place.options,
          routerId,
          sessions: [...committed].map(([id, inputOctets]) => ({ id, inputOctets })),
        },
        ANSWERS + ((KILLS.seed * (kill + 1)) % ANSWERS),
      );
      const found = await reading((store) => totals(store, voucherId, ids));

      for (const [id, octets] of acknowledged) {
        if (found.sessions.get(id)! < octets)
          lost.push(`${id}: ${found.sessions.get(id)} < ${octets}`);
      }
      for (const [id, octets] of found.sessions) committed.set(id, octets);
      const sum = [...committed.values()].reduce((a, b) => a + b);
      expect(found, `after kill ${kill + 1}`).toMatchObject({ ofRouter: sum, ofAccount: sum });
      expect(acknowledged.size).toBeGreaterThan(0);
    }

    expect(lost).toEqual([]);
  });
});

async function openSessions(
  store: Store,
): Promise<{ routerId: string; voucherId: string; ids: string[] }> {
  const seed = await seedStore(store, { devices: SESSIONS });
  const ids: string[] = [];
  for (let n = 0; n < SESSIONS; n += 1) {
    const mac = `02:00:00:00:00:${n.toString(16).padStart(2, '0').toUpperCase()}`;
    const { sessionId } = await logIn(store, seed, { mac, devices: SESSIONS, at: AT });
    await store.recordAccounting(
      accounting(seed.router.id, sessionId, {
        status: 'start',
        acctSessionId: `session-${n}`,
        mac,
      }),
    );
    ids.push(sessionId);
  }
  return { routerId: seed.router.id, voucherId: seed.voucher.id, ids };
}

/** The last total that was acknowledged of each session. */
async function killWhileWriting(
  args: KilledWriterArgs,
  answers: number,
): Promise<Map<string, number>> {
  const child = fork(new URL('./killed-writer.ts', import.meta.url), [JSON.stringify(args)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const acknowledged = new Map<string, number>();
  let heard = 0;
  child.on('message', ([id, octets]: [string, number]) => {
    acknowledged.set(id, octets);
    heard += 1;
    if (heard === answers) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  return acknowledged;
}

async function totals(
  store: Store,
  voucherId: string,
  ids: readonly string[],
): Promise<{ sessions: Map<string, number>; ofRouter: number; ofAccount: number }> {
  const sessions = new Map<string, number>();
  for (const id of ids) sessions.set(id, (await store.session(id))!.inputOctets);
  const [router] = await store.routerTotals();
  const { dayOctets } = await store.usage('voucher', voucherId, DAY);
  return { sessions, ofRouter: router!.inputOctets, ofAccount: dayOctets };
}
