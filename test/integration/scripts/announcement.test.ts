/** The verbs about what pages say and about appeals, as operators type them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import { openStore } from '../../../store/open.ts';
import { cliIn } from './cli.fixture.ts';

const VILLAGE = '16.06.01.2001';
const NAME = 'belajar.example';
let directory: string;

const smartwifi = (...args: string[]) => cliIn(directory).run(...args);
const json = (...args: string[]) => cliIn(directory).json(...args);
const audited = async (action: string): Promise<unknown[]> =>
  (await json('audit', 'list')).filter((entry: { action: string }) => entry.action === action);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-announcement-'));
  await writeFile(
    join(directory, 'v.csv'),
    `code,village,district\n${VILLAGE},Teladan,Sekayu\n16.06.01.2002,Kayuara,Sekayu\n`,
  );
  await json('village', 'import', '--csv', join(directory, 'v.csv'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('announcement', () => {
  it('is added for a time, listed, taken away, and each is audited', async () => {
    const times = ['--from', '2026-11-24', '--until', '2026-11-30'];
    const added = await json('announcement', 'add', ' Posyandu ', '--village', VILLAGE, ...times);

    expect(added).toMatchObject({
      level: 'village',
      kind: 'news',
      text: 'Posyandu',
      textEn: null,
      from: Date.parse('2026-11-23T17:00:00Z'),
      until: Date.parse('2026-11-30T17:00:00Z'),
      position: 100,
    });
    expect((await smartwifi('announcement', 'list')).out).toContain('Posyandu');
    await json('announcement', 'remove', added.id);
    expect(await json('announcement', 'list')).toEqual([]);
    expect(await audited('announcement.add')).toHaveLength(1);
    expect(await audited('announcement.remove')).toHaveLength(1);
  });

  it.each([
    [['', '--village', VILLAGE], 'one line'],
    [['a\nb', '--village', VILLAGE], 'one line'],
    [['x'.repeat(201), '--village', VILLAGE], 'one line'],
    [['Posyandu'], 'give one of --village'],
    [['Posyandu', '--village', VILLAGE, '--from', 'besok'], 'expects a day'],
    [['Posyandu', '--village', VILLAGE, '--from', '2026-11-25', '--until', '2026-11-24'], 'after'],
  ])('add %j is refused', async (args, why) => {
    expect(await smartwifi('announcement', 'add', ...args)).toMatchObject({
      code: 2,
      err: expect.stringContaining(why),
    });
  });

  it('remove says when there is none', async () => {
    expect(await smartwifi('announcement', 'remove', 'x')).toMatchObject({ code: 2 });
  });
});

describe('appeal', () => {
  beforeAll(async () => {
    const { store } = await openStore(loadConfig({ cwd: directory }));
    await using _closed = store;
    const one = { villageCode: VILLAGE, name: NAME, category: 'adult', reason: 'school' as const };
    for (let at = 0; at < 3; at += 1) await store.recordAppeal({ ...one, at });
    await store.recordAppeal({ ...one, name: 'judi.example', category: 'trustpositif', at: 0 });
  });

  it('list shows how many, and hides a place where it was too few', async () => {
    expect(await json('appeal', 'list')).toMatchObject([
      { name: NAME, level: 'village', code: VILLAGE, count: 3, reasons: { school: 3 } },
      { name: 'judi.example', level: 'regency', code: '16.06', count: null },
    ]);
    expect((await smartwifi('appeal', 'list')).out).toMatch(/judi\.example.*under 3/);
    expect(await smartwifi('appeal', 'list', '--state', 'x')).toMatchObject({ code: 2 });
  });

  it('allow writes the policy, keeps what is blocked, and is audited', async () => {
    await json('policy', 'set', '--regency', '16.06', '--block', 'adult,gambling');
    await json('policy', 'set', '--village', '16.06.01.2002', '--block', 'adult');

    const allowed = await json('appeal', 'allow', NAME, '--district', '16.06.01');

    expect(allowed).toMatchObject({ appeals: 1, notBelow: ['16.06.01.2002'] });
    expect(allowed.policy).toMatchObject({ block: ['adult', 'gambling'], allow: [NAME] });
    const said = await json('explain', NAME, '--village', VILLAGE);
    expect(said).toMatchObject({ verdict: 'allowed', decider: { kind: 'allow' } });
    expect(await audited('appeal.allow')).toHaveLength(1);
  });

  it('allow lasts 90 days, or as it is told, and the list says until when', async () => {
    const lasts = async (...more: string[]) => {
      const { until } = await json('appeal', 'allow', NAME, '--regency', '16.06', ...more);
      return Math.round((Number(until) - Date.now()) / 86_400_000);
    };
    const listed = async () =>
      Date.parse(
        new Date(
          (await json('appeal', 'list', '--state', 'allowed'))[0].allowedUntil,
        ).toISOString(),
      );

    expect([await lasts(), await lasts('--days', '7')]).toEqual([90, 7]);
    const year = new Date().getFullYear() + 1;
    await json('appeal', 'allow', NAME, '--regency', '16.06', '--until', `${year}-01-31`);

    // The longest of the levels: the district had 90 days.
    expect(await listed()).toBeGreaterThanOrEqual(Date.parse(`${year}-01-31T17:00:00Z`));
    expect((await smartwifi('appeal', 'list', '--state', 'allowed')).out).toMatch(
      /until[\s\S]*allowed +20\d\d-/,
    );
  });

  it.each([
    [['--days', '0'], 'between 1 and 730'],
    [['--until', '2020-01-01'], 'must lie ahead'],
    [['--until', 'besok'], 'expects a day'],
    [['--days', '3', '--until', '2030-01-01'], 'not both'],
  ])('allow refuses %j', async (more, why) => {
    expect(await smartwifi('appeal', 'allow', NAME, '--regency', '16.06', ...more)).toMatchObject({
      code: 2,
      err: expect.stringContaining(why),
    });
  });

  it('allow does not open what the ministry has closed; reject answers it', async () => {
    const refused = await smartwifi('appeal', 'allow', 'judi.example', '--regency', '16.06');

    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('trustpositif') });
    await json('appeal', 'reject', 'judi.example', '--regency', '16.06');
    expect(await json('appeal', 'list')).toEqual([]);
    expect(await audited('appeal.reject')).toHaveLength(1);
  });
});
