/** A twin told of changes by its RADIUS server (RFC 5176): what it does, what it refuses, what it ignores. */
import { describe, expect, it } from 'vitest';
import { scaledClock } from '../../../lib/clock.ts';
import {
  loggedIn,
  set,
  startVillage,
  type Village,
} from '../../../simulator/hotspot/test-village.ts';
import { attr, STATUS, vsa } from '../../../simulator/nas/test-peer.ts';

const MIKROTIK = 14_988;
const RATE = 8;
const TOTAL = 17;
const COA = 43;
const DISCONNECT = 40;
const NAMED = Buffer.concat([attr(1, 'warga'), attr(44, '80000001')]);

function accept(village: Village, ...attributes: Buffer[]): void {
  const granted = Buffer.concat(attributes);
  village.radius.decide = ({ code }) =>
    code === 1 ? { code: 2, attributes: granted } : { code: 5 };
}

const send = (village: Village, code: number, ...attributes: Buffer[]) =>
  village.radius.send(code, Buffer.concat(attributes), village.place.router);

/** `max-limit` of each queue, by name; written once the present work is done. */
async function queues({ tree }: Village): Promise<Record<string, string>> {
  await new Promise((resolve) => setImmediate(resolve));
  return Object.fromEntries(
    tree.rows('/queue/simple').map(({ values }) => [values.name!, values['max-limit']!]),
  );
}

describe('a CoA-Request', () => {
  it('changes the queue of the session, takes it away, and leaves it alone', async () => {
    await using village = await startVillage();
    accept(village, vsa(MIKROTIK, RATE, '2M/5M'));
    await loggedIn(village);
    const before = await queues(village);

    const slow = await send(village, COA, NAMED, vsa(MIKROTIK, RATE, '256k/512k'));
    const slowed = await queues(village);
    await send(village, COA, NAMED, attr(27, 3600));
    const kept = await queues(village);
    await send(village, COA, NAMED, vsa(MIKROTIK, RATE, '0/0'));

    expect(slow?.code).toBe(44);
    expect([before, slowed, kept, await queues(village)]).toEqual([
      { '<hotspot-warga>': '2000000/5000000' },
      { '<hotspot-warga>': '256000/512000' },
      { '<hotspot-warga>': '256000/512000' },
      {},
    ]);
  });

  it('with more octets than were used lets the phone go on, with fewer it ends it', async () => {
    await using village = await startVillage();
    await loggedIn(village);

    const more = await send(village, COA, NAMED, vsa(MIKROTIK, TOTAL, 1), vsa(MIKROTIK, 18, 1));
    const running = village.twin.sessions();
    const none = await send(village, COA, NAMED, vsa(MIKROTIK, TOTAL, 0), vsa(MIKROTIK, 18, 0));

    expect([more?.code, none?.code]).toEqual([44, 44]);
    expect(running).toMatchObject([{ cause: null }]);
    expect(village.twin.sessions()).toMatchObject([{ cause: 'NAS-Request' }]);
  });

  it('with a time that is over ends the session now, not in the past', async () => {
    let nowMs = 1_790_000_000_000;
    const clock = {
      ...scaledClock({ realOriginMs: Date.now(), originMs: nowMs, factor: 1 }),
      now: () => nowMs,
    };
    await using village = await startVillage({ clock });
    await loggedIn(village);
    nowMs += 600_000;

    await send(village, COA, NAMED, attr(27, 60));

    expect(village.twin.sessions()).toMatchObject([{ cause: 'Session-Timeout', seconds: 600 }]);
  });

  it.each([
    ['an attribute of another trade', attr(13, 1)],
    ['an attribute of another vendor', vsa(9, 1, 'x')],
    ['a MikroTik attribute of no hotspot', vsa(MIKROTIK, 16, 'x')],
  ])('with %s is refused as 401 and changes nothing', async (_what, odd) => {
    await using village = await startVillage();
    await loggedIn(village);

    const nak = await send(village, COA, NAMED, vsa(MIKROTIK, RATE, '1k/1k'), odd);

    expect([nak?.code, nak?.int(101)]).toEqual([45, 401]);
    expect(await queues(village)).toEqual({});
  });

  it('for a session that is not there is refused as 503, one that names none as 402', async () => {
    await using village = await startVillage();
    await loggedIn(village);

    const gone = await send(village, COA, attr(1, 'warga'), attr(44, '80000002'), attr(27, 60));
    const unnamed = await send(village, COA, attr(27, 60));

    expect([gone?.code, gone?.int(101)]).toEqual([45, 503]);
    expect([unnamed?.code, unnamed?.int(101)]).toEqual([45, 402]);
  });

  it('is not heard with a wrong secret, from a stranger, or when none are taken', async () => {
    await using village = await startVillage();
    await loggedIn(village);
    const { radius, tree, twin } = village;
    const secret = radius.secret;
    const slow = vsa(MIKROTIK, RATE, '1k/1k');

    radius.secret = 'guess';
    const forged = await send(village, COA, NAMED, slow);
    radius.secret = secret;
    set(tree, '/radius/incoming', { accept: 'no' });
    await twin.settled();
    const closed = await send(village, COA, NAMED, slow);

    expect([forged, closed]).toEqual([null, null]);
    expect(await queues(village)).toEqual({});
  });

  it('gets its Proxy-State back', async () => {
    await using village = await startVillage();
    await loggedIn(village);

    const ack = await send(village, COA, NAMED, attr(33, 'jalan'));

    expect([ack?.code, ack?.text(33)]).toEqual([44, 'jalan']);
  });
});

describe('a Disconnect-Request', () => {
  it('that carries a limit is refused as 401', async () => {
    await using village = await startVillage();
    await loggedIn(village);

    const nak = await send(village, DISCONNECT, NAMED, attr(27, 60));

    expect([nak?.code, nak?.int(101)]).toEqual([42, 401]);
    expect(village.radius.accounting(STATUS.stop)).toEqual([]);
  });
});
