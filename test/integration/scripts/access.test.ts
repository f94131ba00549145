/** The verbs about who gets in, as operators type them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cli, cliIn, type Outcome } from './cli.fixture.ts';

const MAC = 'AA:BB:CC:00:00:01';

let directory: string;

const smartwifi = (...args: string[]): Promise<Outcome> => cliIn(directory).run(...args);
const json: Cli['json'] = (...args) => cliIn(directory).json(...args);

const audited = async (action: string): Promise<string[]> =>
  ((await json('audit', 'list')) as { action: string; subject: string }[])
    .filter((entry) => entry.action === action)
    .map((entry) => entry.subject);

let code = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-access-'));
  await writeFile(
    join(directory, 's.csv'),
    'username,password,tariff,network_password\nsiti,kata sandi,harian,yes\nbudi,kata sandi,harian,\n',
  );
  await writeFile(
    join(directory, 'v.csv'),
    'code,village,district\n16.06.01.2001,Teladan,Sekayu\n',
  );
  await json('village', 'import', '--csv', join(directory, 'v.csv'));
  await json('tariff', 'create', 'harian', '--down-kbps', '5000', '--daily-mb', '500');
  await json('subscriber', 'import', '--csv', join(directory, 's.csv'));
  await json('router', 'add', 'rt-1', '--village', '16.06.01.2001', '--address', '10.9.0.1');
  const made = await json('voucher', 'create', '--tariff', 'harian', '--count', '1');
  code = made.vouchers[0].code;
});
afterAll(() => rm(directory, { recursive: true }));

describe('subscriber vouch', () => {
  const SITI = ['--village', '16.06.01.2001', '--phone', '0812-3456-789', '--name', 'Siti'];
  const vouch = (...more: string[]) => smartwifi('subscriber', 'vouch', ...SITI, ...more);

  it('tells a first password once, and names the officer in the audit trail', async () => {
    const printed = await vouch('--by', 'bu-ani', '--tariff', 'harian');
    const made = await json('subscriber', 'vouch', ...SITI, '--by', 'bu-ani', '--tariff', 'harian');

    expect(printed.out).toMatch(/08123456789[\s\S]+password +: [a-z0-9]{10}\n/);
    expect(printed.out).not.toContain(made.firstPassword);
    expect(await audited('subscriber.vouch')).toEqual([made.username, made.username]);
    expect((await smartwifi('audit', 'list')).out).not.toContain('8123456789');
  });

  it.each<[string, string[], string]>([
    ['no tariff', ['--by', 'bu-ani'], 'setting set portal.tariff.registrar'],
    ['no officer', ['--tariff', 'harian'], '--by'],
    [
      'a number from elsewhere',
      ['--by', 'a', '--phone', '+14155550100'],
      'no Indonesian mobile number',
    ],
    ['no such village', ['--by', 'a', '--village', '16.06.01.9999'], 'no village 16.06.01.9999'],
  ])('says what is amiss: %s', async (_what, more, message) => {
    const refused = await vouch(...more);

    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain(message);
  });
});

describe('tariff', () => {
  it('change sets what is given, keeps the rest, and takes limits away', async () => {
    const burst = ['--burst-down-kbps', '9000', '--burst-seconds', '10'];
    await json('tariff', 'create', 'keluarga', '--down-kbps', '5000', '--weekly-mb', '9000');
    const changed = await json('tariff', 'change', 'keluarga', ...burst, '--when-full', 'replace');
    const listed = await smartwifi('tariff', 'list');
    const lifted = await json('tariff', 'change', 'keluarga', '--weekly-mb', 'none');

    expect(changed).toMatchObject({
      downKbps: 5000,
      burstDownKbps: 9000,
      weeklyOctets: 9e9,
      whenFull: 'replace',
    });
    expect(listed.out).toMatch(/keluarga[\s\S]*burst-down-kbps +9000[\s\S]*when full replace/);
    expect(lifted).toMatchObject({ weeklyOctets: null, burstDownKbps: 9000 });
    expect(await audited('tariff.change')).toEqual(['keluarga', 'keluarga']);
  });

  it.each([
    [['tariff', 'change', 'harian'], 2, 'nothing to change is given'],
    [['tariff', 'change', 'lain', '--devices', '2'], 1, 'there is no tariff lain'],
    [['tariff', 'change', 'harian', '--down-kbps', 'cepat'], 2, '--down-kbps expects a number'],
    [['tariff', 'change', 'harian', '--burst-down-kbps', '4000'], 2, 'does not exceed'],
    [['tariff', 'create', 'x', '--fair-use', 'day:1GB=9'], 2, 'ends in no rate'],
    [['hours', 'set', '--village', '16.06.01.2001', 'buka'], 2, 'does not begin with days'],
    [['hours', 'set', '--village', '16.06.01.2001'], 2, 'the opening hours, in quotes, is missing'],
    [['hours', 'set', '--village', '16.06.01.9', 'closed'], 2, 'there is no village 16.06.01.9'],
    [['hours', 'clear'], 2, 'give one of --village, --district, --regency'],
    [['device', 'add', 'printer', '--label', 'x'], 2, 'printer is no address'],
    [['device', 'add', MAC, '--label', 'x'], 2, 'give one of --subscriber, --voucher'],
    [['device', 'add', MAC, '--label', 'x', '--subscriber', 'x'], 2, 'there is no subscriber x'],
    [['device', 'remove', 'AA:BB:CC:00:00:99'], 2, 'there is no device AA:BB:CC:00:00:99'],
    [['subscriber', 'disable', 'nobody'], 1, 'there is no subscriber nobody'],
    [['subscriber', 'tariff', 'siti'], 2, 'the name of the tariff is missing'],
    [['router', 'set', 'rt-1'], 2, 'nothing to set is given'],
    [['router', 'set', 'rt-1', '--limit-proxy-state', 'on'], 2, 'is yes, auto or no, not on'],
    [['router', 'set', 'rt-9', '--limit-proxy-state', 'no'], 2, 'there is no router rt-9'],
    [['explain', '--login', 'nobody', '--router', 'rt-1'], 2, 'RADIUS answers SW-BADCRED'],
    [['explain', '--login', 'siti'], 2, 'give one of --router, --village'],
    [['explain', '--login', 'siti', '--router', 'rt-1', '--mac', 'x'], 2, '--mac x is no address'],
  ])('%j ends with %i and says why', async (args, exit, text) => {
    const outcome = await smartwifi(...args);

    expect(outcome).toMatchObject({ code: exit, out: '' });
    expect(outcome.err).toContain(text);
  });
});

it('opening hours are set, listed and taken away', async () => {
  await json('hours', 'set', '--village', '16.06.01.2001', 'mon-fri 06:00-22:00, sat closed');
  const listed = await json('hours', 'list');
  const shown = await smartwifi('router', 'show', 'rt-1');
  await json('hours', 'clear', '--village', '16.06.01.2001');

  expect(listed).toEqual([
    { level: 'village', code: '16.06.01.2001', hours: 'mon-fri 06:00-22:00, sat closed' },
  ]);
  expect(shown.out).toContain('open           mon-fri 06:00-22:00, sat closed');
  expect(await json('hours', 'list')).toEqual([]);
  expect(await audited('hours.set')).toEqual(['village:16.06.01.2001']);
  expect(await audited('hours.clear')).toEqual(['village:16.06.01.2001']);
});

it('devices are added, listed and forgotten', async () => {
  await json(
    'device',
    'add',
    'aa-bb-cc-00-00-01',
    '--voucher',
    code,
    '--label',
    'printer',
    '--days',
    '30',
  );
  const listed = await json('device', 'list');
  await json('device', 'remove', MAC);

  expect(listed).toMatchObject([{ mac: MAC, label: 'printer', accountKind: 'voucher' }]);
  expect(listed[0].expiresAt - listed[0].createdAt).toBe(30 * 86_400_000);
  expect(await json('device', 'list')).toEqual([]);
  expect([await audited('device.add'), await audited('device.remove')]).toEqual([[MAC], [MAC]]);
});

it('what a router must prove is set', async () => {
  await json('router', 'set', 'rt-1', '--require-message-authenticator', 'auto');
  const shown = await json('router', 'show', 'rt-1');

  expect(shown).toMatchObject({ requireMessageAuthenticator: 'auto' });
  expect(await audited('router.set')).toEqual(['rt-1']);
});

describe('explain --login', () => {
  const explain = (...more: string[]) => json('explain', '--router', 'rt-1', '--login', ...more);

  it('shows every check and the grant, and puts the look into the audit trail', async () => {
    const told = await explain('siti');
    const text = await smartwifi('explain', '--login', 'siti', '--village', '16.06.01.2001');

    expect(told).toMatchObject({
      outcome: 'accept',
      router: 'rt-1',
      village: '16.06.01.2001',
      openingHours: null,
      grant: { rate: '0/5000k', totalLimitOctets: 500_000_000 },
    });
    expect(told.checks).toContainEqual(
      expect.objectContaining({ check: 'day octets', fact: 0, limit: 500_000_000 }),
    );
    expect(text.out).toContain('would be let in in Teladan (16.06.01.2001)');
    expect(await audited('login.explain')).toHaveLength(2);
  });

  it('says from which level the hours come, and what they lead to', async () => {
    await json('hours', 'set', '--village', '16.06.01.2001', 'closed');
    const told = await explain('siti');
    const text = await smartwifi('explain', '--login', 'siti', '--router', 'rt-1');
    await json('hours', 'clear', '--village', '16.06.01.2001');

    expect(told).toMatchObject({ outcome: 'SW-HOURS', grant: null });
    expect(text.out).toContain('is refused with SW-HOURS at rt-1');
    expect(text.out).toContain('opening hours  closed (of village 16.06.01.2001)');
  });

  it('knows vouchers and devices, and prints no secret', async () => {
    await json('device', 'add', MAC, '--subscriber', 'budi', '--label', 'printer');
    const voucher = await smartwifi('explain', '--json', '--login', code, '--router', 'rt-1');
    const device = await smartwifi('explain', '--json', '--login', MAC, '--router', 'rt-1');

    expect(JSON.parse(voucher.out)).toMatchObject({
      outcome: 'accept',
      account: { kind: 'voucher' },
    });
    expect(JSON.parse(device.out)).toMatchObject({ outcome: 'accept', device: { mac: MAC } });
    for (const { out } of [voucher, device]) {
      expect(out).not.toContain(code);
      expect(out).not.toMatch(/passwordHash|k\$/);
    }
    expect(JSON.stringify(await json('audit', 'list'))).not.toContain(code);
  });

  it('sees a subscriber who was disabled, and one who was given another tariff', async () => {
    await json('tariff', 'create', 'kecil', '--down-kbps', '100');
    await json('subscriber', 'disable', 'siti');
    const disabled = await explain('siti');
    await json('subscriber', 'enable', 'siti');
    await json('subscriber', 'tariff', 'siti', 'kecil');
    const changed = await explain('siti');

    expect(disabled.outcome).toBe('SW-DISABLED');
    expect(changed).toMatchObject({ outcome: 'accept', grant: { rate: '0/100k' } });
    expect(await audited('subscriber.tariff')).toEqual(['siti']);
  });
});
