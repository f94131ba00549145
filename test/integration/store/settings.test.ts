import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { NewSetting } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const RATE: NewSetting = {
  level: 'district',
  code: '16.06.01',
  name: 'link.down-kbps',
  value: '2000',
  secret: false,
  at: AT,
};
const SECRET: NewSetting = {
  level: 'village',
  code: '16.06.01.1009',
  name: 'wan.pppoe-password',
  value: 'rahasia sekali',
  secret: true,
  at: AT,
};

describe.each(ENGINES)('settings on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('has one value a level and name, the last one', async () => {
    await store.setSetting(RATE);
    await store.setSetting({ ...RATE, value: '4000', at: AT + 1 });
    await store.setSetting({ ...RATE, level: 'regency', code: '16.06', value: '1000' });

    expect(
      (await store.listSettings()).map(({ level, value, setAt }) => [level, value, setAt]),
    ).toEqual([
      ['district', '4000', AT + 1],
      ['regency', '1000', AT],
    ]);
  });

  it('takes one away, and says whether there was one', async () => {
    await store.setSetting(RATE);

    expect(await store.unsetSetting(RATE)).toBe(true);
    expect(await store.unsetSetting(RATE)).toBe(false);
    expect(await store.listSettings()).toEqual([]);
  });

  it('shows a secret to nobody but the one who writes it to a router', async () => {
    await store.setSetting(SECRET);

    expect(await store.listSettings()).toMatchObject([{ value: null, secret: true }]);
    expect(await store.openSettings()).toMatchObject([{ value: SECRET.value, secret: true }]);
  });

  it('makes a secret of what was none, and back', async () => {
    await store.setSetting({ ...SECRET, secret: false });
    await store.setSetting(SECRET);
    expect(await store.listSettings()).toMatchObject([{ value: null }]);

    await store.setSetting({ ...SECRET, secret: false, value: 'x' });
    expect(await store.openSettings()).toMatchObject([{ value: 'x', secret: false }]);
  });

  it('tells those who keep routers as they should be', async () => {
    const told: string[] = [];
    store.onInvalidate((kind) => void told.push(kind));

    await store.setSetting(RATE);

    expect(told).toContain('router');
  });

  it('keeps parts by level and name', async () => {
    const part = { level: 'regency', code: '16.06', name: 'kantor', document: '{}' } as const;
    await store.setPart({ ...part, at: AT });
    await store.setPart({ ...part, document: '{"rows":[]}', at: AT + 1 });

    expect(await store.listParts()).toEqual([{ ...part, document: '{"rows":[]}', setAt: AT + 1 }]);
    expect(await store.removePart(part)).toBe(true);
    expect(await store.listParts()).toEqual([]);
  });

  it('forgets what a removed router had of its own, and nothing else', async () => {
    await store.importVillages({ villages: [village], at: AT });
    const router = await store.addRouter(newRouter);
    const own = { level: 'router', code: router.id } as const;
    await store.setSetting({ ...RATE, ...own });
    await store.setSetting(RATE);
    await store.setPart({ ...own, name: 'kantor', document: '{}', at: AT });

    await store.removeRouter({ routerId: router.id, at: AT });

    expect((await store.listSettings()).map(({ level }) => level)).toEqual(['district']);
    expect(await store.listParts()).toEqual([]);
  });
});
