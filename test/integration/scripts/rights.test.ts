import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { legalTexts } from '../../../portal/consent/texts.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import { AT, logIn, MAC, newTariff, seedStore } from '../../fixtures/rows.ts';
import { tamper } from '../store/tamper.ts';
import { type Cli, cliIn } from './cli.fixture.ts';

const PHONE = '+6281234567890';
const TEXTS = legalTexts({
  controller: null,
  dpo: null,
  processors: [],
  tdpse: null,
  regency: 'Kabupaten Musi Banyuasin',
  selling: null,
  sessionDays: 180,
  dailyDays: 800,
});

describe('verbs about consent and rights', () => {
  let directory: string;
  let cli: Cli;
  const options = () => ({
    store: `sqlite:${join(directory, 'var', 'smartwifi.db')}`,
    keyFile: join(directory, 'var', 'store.key'),
  });
  const inStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const { store } = await openStore(options());
    await using _closed = store;
    return await work(store);
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smartwifi-rights-'));
    cli = cliIn(directory);
    await inStore(async (store) => {
      await seedStore(store);
      const { id } = await store.ensureCitizen({
        origin: 'otp',
        key: PHONE,
        phone: PHONE,
        displayName: 'Siti',
        tariff: 'harian',
        villageCode: null,
        at: AT,
      });
      await store.correctProfile({ subscriberId: id, nik: '1606015708900003', at: AT });
      for (const account of [
        { kind: 'subscriber', id },
        { kind: 'voucher', id: 'v1' },
      ] as const) {
        await store.giveConsent({
          ...TEXTS,
          account,
          mac: MAC,
          villageCode: '16.06.01.1009',
          router: 'kayu-ara-1',
          method: 'otp',
          language: 'id',
          at: AT,
        });
      }
    });
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('proves what somebody agreed to by a phone number in any form, with the texts', async () => {
    const proof = await cli.json('consent', 'proof', '0812-3456-7890');

    expect(proof).toMatchObject({ ledgerHolds: true, entries: [{ act: 'given', method: 'otp' }] });
    expect(proof.texts.map(({ hash }: { hash: string }) => hash)).toEqual([
      TEXTS.terms.hash,
      TEXTS.privacy.hash,
    ]);
    expect((await cli.run('consent', 'proof', '081111111111')).code).toBe(1);
    expect((await cli.run('consent', 'list')).out).not.toContain('812');
  });

  it('verifies the ledger, and a head that was noted earlier', async () => {
    const { holds, head } = await cli.json('consent', 'verify');

    expect(holds).toBe(true);
    expect((await cli.json('consent', 'verify', '--head', head)).headHolds).toBe(true);
    await tamper(options(), 'DELETE FROM consents WHERE seq = 2');
    expect((await cli.run('consent', 'verify')).code).toBe(0);
    expect((await cli.run('consent', 'verify', '--head', head)).code).toBe(1);
    expect((await cli.run('consent', 'verify', '--head', 'x')).code).toBe(2);
  });

  it('finds a text that was changed after it had been agreed to', async () => {
    await tamper(options(), "UPDATE legal_texts SET indonesian = 'lain' WHERE document = 'terms'");

    const { code, out } = await cli.run('consent', 'verify');

    expect(code).toBe(1);
    expect(out).toContain(TEXTS.terms.hash);
  });

  it('shows a NIK only with a reason, which is audited', async () => {
    expect((await cli.run('subscriber', 'reveal-nik', PHONE)).code).toBe(2);
    const shown = await cli.json('subscriber', 'reveal-nik', PHONE, '--reason', 'surat 12/2026');

    expect(shown.nik).toBe('1606015708900003');
    const [entry] = await cli.json('audit', 'list');
    expect(entry).toMatchObject({ action: 'subscriber.reveal-nik', detail: 'surat 12/2026' });
    expect(JSON.stringify(entry)).not.toContain('812');
  });

  it('does for a citizen at the counter what "my data" does, with a reason', async () => {
    expect((await cli.run('rights', 'do', 'erase', PHONE)).code).toBe(2);
    expect((await cli.run('rights', 'do', 'burn', PHONE, '--reason', 'datang')).code).toBe(2);
    expect((await cli.run('rights', 'do', 'view', PHONE, '--reason', 'x')).code).toBe(2);
    const file = await cli.json('rights', 'do', 'export', PHONE, '--reason', 'datang sendiri');
    expect(file.account).toMatchObject({ phone: PHONE, nikMasked: '160601******0003' });
    await cli.json('rights', 'do', 'correct', PHONE, '--reason', 'datang', '--name', 'Siti Aminah');
    const withdrawn = await cli.json('rights', 'do', 'withdraw', PHONE, '--reason', 'datang');
    expect(withdrawn.entry).toBe(3);
    const asked = await cli.json('rights', 'do', 'erase', PHONE, '--reason', 'datang', '--now');
    expect(asked).toMatchObject({ kind: 'erase', via: 'operator' });

    const [open, ...done] = await cli.json('rights', 'list');
    expect(open.id).toBe(asked.id);
    const kinds = done.map(({ kind }: { kind: string }) => kind);
    expect(kinds.toSorted()).toEqual(['correct', 'export', 'withdraw']);
    expect((await cli.run('rights', 'list')).out).toMatch(/ 7[12] h +open/);
    expect(await inStore((store) => store.verifyAudit())).toBeNull();
  });

  it('does it for who holds a card, by its code alone', async () => {
    const { voucher, router } = await inStore(async (store) => ({
      voucher: (await store.listVouchers({ limit: 1 }))[0]!,
      router: (await store.listRouters())[0]!,
    }));
    const code = await inStore(async (store) => (await store.voucherCode(voucher.id))!);
    await inStore(async (store) => {
      await logIn(store, { router, voucher });
      const scene = {
        villageCode: '',
        router: router.name,
        method: 'voucher',
        language: 'id',
      } as const;
      await store.giveConsent({ ...TEXTS, ...scene, account: voucher, mac: MAC, at: AT });
    });
    const act = (what: string, who: string, ...more: string[]) =>
      cli.run('rights', 'do', what, who, '--reason', 'datang sendiri', ...more);

    const seen = await act('view', code.toLowerCase());
    expect([seen.code, seen.out]).toEqual([0, expect.stringContaining(MAC)]);
    expect((await act('view', voucher.id)).code).toBe(1);
    expect((await act('view', 'ABCD-EFGH-JKMN')).code).toBe(1);
    expect((await act('correct', code, '--name', 'Siti')).code).toBe(2);
    expect((await act('withdraw', code)).out).toMatch(/withdrawn, entry \d/);
    expect((await act('erase', code, '--now')).code).toBe(0);

    const [open, ...done] = await cli.json('rights', 'list');
    expect(open).toMatchObject({ kind: 'erase', accountKind: 'voucher', accountId: voucher.id });
    expect(done).toHaveLength(2);
    const audited = JSON.stringify(await cli.json('audit', 'list'));
    expect(audited).toContain('datang sendiri');
    expect(audited).not.toContain(code);
  });

  it('does it for who holds a phone, shown by the case that the phone displays', async () => {
    const found = await inStore(async (store) => {
      const [router] = await store.listRouters();
      const [voucher] = await store.listVouchers({ limit: 1 });
      const { sessionId } = await logIn(store, { router: router!, voucher: voucher! });
      await store.rememberDevice({
        ...{ mac: MAC, accountKind: 'voucher', accountId: voucher!.id, label: '' },
        ...{ expiresAt: null, origin: 'consent', at: AT },
      });
      const facts = {
        ...{ verdict: 'none', checks: [], router: router!.name, villageCode: null, phone: null },
        ...{ account: null, sessionId, reject: null },
      };
      const at = Date.now();
      return store.openCase({ subject: 's', facts, at, ttlMs: 600_000 });
    });
    const act = (what: string, mac: string, code: string) =>
      cli.run(
        ...['rights', 'do', what, '--device', mac, '--case', code, '--reason', 'datang sendiri'],
      );

    expect((await act('view', MAC, 'ACD-EFG')).code).toBe(1);
    expect((await act('view', '02:00:00:00:00:99', found.code)).code).toBe(1);
    expect((await act('view', 'x', found.code)).code).toBe(2);
    expect((await act('view', MAC, found.code)).out).toContain(MAC);
    expect((await act('withdraw', MAC, found.code)).code).toBe(0);
    expect(await inStore((store) => store.device(MAC))).toBeNull();
  });

  it('calls what is past its deadline late, and fails', async () => {
    await inStore(async (store) => {
      const siti = await store.subscriberByUsername(PHONE);
      await store.requestErasure({ account: siti!, via: 'portal', graceMs: 0, at: 1 });
    });

    const { code, out } = await cli.run('rights', 'list');

    expect(code).toBe(1);
    expect(out).toContain('LATE');
  });

  it('shows which vouchers were spent on an account', async () => {
    await inStore(async (store) => {
      const siti = await store.subscriberByUsername(PHONE);
      const [voucher] = await store.listVouchers({ limit: 1 });
      await store.topUp({
        subscriberId: siti!.id,
        code: (await store.voucherCode(voucher!.id))!,
        villageCode: '16.06.01.1009',
        day: '2026-11-24',
        at: AT,
      });
    });

    expect((await cli.run('voucher', 'list')).out).toContain('spent');
  });

  it('records a parent at the counter, in the ledger and once', async () => {
    const verb = ['subscriber', 'guardian', PHONE, '--reason', 'ibu datang'];

    expect((await cli.run(...verb, '--phone', '0711')).code).toBe(2);
    const done = await cli.json(...verb, '--phone', '0812 1111 2222');
    const again = await cli.json(...verb, '--phone', '0812 1111 2222');
    const siti = await inStore(async (store) => store.subscriberByUsername(PHONE));
    expect(siti?.child).toBe(true);
    expect([done.entry, again.entry]).toEqual([3, 3]);
    const [entry] = await cli.json('consent', 'list');
    expect(entry).toMatchObject({ method: 'operator', guardianKey: expect.any(String) });
    expect(await inStore((store) => store.verifyConsents())).toMatchObject({ brokenAt: null });
    const audited = await cli.json('audit', 'list');
    expect(audited[0]).toMatchObject({ action: 'subscriber.guardian', detail: 'ibu datang' });
    expect(JSON.stringify([audited, entry])).not.toMatch(/1211112222|12 1111/);
  });

  it('records a parent for a card, which gets the tariff of children', async () => {
    await inStore((store) => store.createTariff({ ...newTariff, name: 'anak', at: AT }));
    await cli.json('setting', 'set', 'portal.tariff.child', 'anak', '--regency', '16.06');
    const made = await cli.json(
      'voucher',
      'create',
      '--tariff',
      'harian',
      '--count',
      '1',
      '--child',
    );
    const { id, code } = made.vouchers[0];
    const verb = ['voucher', 'guardian', code, '--phone', '0812 1111 2222', '--reason'];

    expect((await cli.run(...verb.slice(0, -1))).code).toBe(2);
    expect(await cli.json(...verb, 'bapak datang')).toMatchObject({ voucher: id, tariff: 'anak' });

    const voucher = await inStore((store) => store.voucherByCode(code));
    expect(voucher).toMatchObject({ child: true, tariff: { name: 'anak' } });
    expect((await cli.json('consent', 'proof', id)).entries).toHaveLength(1);
  });
});
