import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desired } from '../desired/desired.ts';
import { input } from '../test-input.ts';
import { diffExports, renderDiff } from './diff.ts';
import { maskSecrets, normaliseExport } from './normalise-export.ts';
import { parseExport } from './parse-export.ts';
import { desiredOfBackup } from './restore.ts';
import { expiredBackups } from './retention.ts';

const EXPORT = String.raw`# 2026-11-24 01:02:03 by RouterOS 7.20.8
# software id = ABCD-1234
#
# model = C52iG-5HaxD2HaxD
# serial number = HF1
/interface wireguard
add comment=sw:wg listen-port=13231 mtu=1420 name=wg-mgmt private-key=\
    "never+leaves+the+router="
/ip pool
add comment=sw:pool name=sw-pool ranges=172.16.4.10-172.16.7.254
/ip firewall filter
# in/out-interface matcher not possible when interface (ether9) is slave
add action=accept chain=input comment="sw:in-10" connection-state=\
    established,related,untracked
add action=drop chain=input comment="kantor \"lama\" di desa \C3\A9\_x" src-address=\
    198.51.100.0/24
/radius
add address=10.255.0.1 comment=sw:rad1 secret="s3 cret" service=hotspot
/system identity
set name=kayuara-01
`;

describe('normaliseExport', () => {
  it('has one statement a line, without dates, comments and private keys', () => {
    expect(normaliseExport(EXPORT).split('\n').slice(0, 6)).toEqual([
      '/interface wireguard',
      'add comment=sw:wg listen-port=13231 mtu=1420 name=wg-mgmt',
      '/ip pool',
      'add comment=sw:pool name=sw-pool ranges=172.16.4.10-172.16.7.254',
      '/ip firewall filter',
      'add action=accept chain=input comment="sw:in-10" connection-state=established,related,untracked',
    ]);
    expect(normaliseExport(EXPORT)).not.toContain('#');
  });

  it('is the same whenever and however wide a router exports, and idempotent', () => {
    const words = fc.stringMatching(/^[a-z]{1,12}=[a-z0-9]{1,12}$/);
    fc.assert(
      fc.property(
        fc.array(fc.array(words, { minLength: 1, maxLength: 8 }), { maxLength: 8 }),
        fc.infiniteStream(fc.boolean()),
        fc.constantFrom('\n', '\r\n'),
        (rows, breaks, eol) => {
          const plain = ['/ip pool', ...rows.map((row) => `add ${row.join(' ')}`)].join('\n');
          const wrapped = [
            '# 2026-11-24 01:02:03 by RouterOS 7.20.8',
            '/ip pool',
            ...rows.map((row) =>
              row.reduce(
                (line, word) => `${line} ${breaks.next().value ? `\\${eol}    ` : ''}${word}`,
                'add',
              ),
            ),
          ].join(eol);

          expect(normaliseExport(wrapped)).toBe(normaliseExport(plain));
          expect(normaliseExport(normaliseExport(wrapped))).toBe(normaliseExport(wrapped));
        },
      ),
    );
  });

  it('joins a line that is broken within a text, and leaves an escaped backslash at an end', () => {
    expect(normaliseExport('/x\nadd a="one \\\n    two"\n')).toBe('/x\nadd a="one two"\n');
    expect(normaliseExport('/x\nadd a=\\\\\nadd b=1\n')).toBe('/x\nadd a=\\\\\nadd b=1\n');
  });
});

describe('maskSecrets', () => {
  it.each([
    ['add secret="a \\" b" x=1', 'add secret=•••• x=1'],
    ['add security.passphrase=rahasia name=a', 'add security.passphrase=•••• name=a'],
    ['add preshared-key=abc public-key=def', 'add preshared-key=•••• public-key=def'],
    ['set password=""', 'set password=••••'],
  ])('%s', (line, masked) => {
    expect(maskSecrets(line)).toBe(masked);
  });
});

describe('parseExport', () => {
  it('reads values as they were set', () => {
    const rows = parseExport(normaliseExport(EXPORT));

    expect(rows.map(({ path, verb }) => `${path} ${verb}`)).toEqual([
      '/interface/wireguard add',
      '/ip/pool add',
      '/ip/firewall/filter add',
      '/ip/firewall/filter add',
      '/radius add',
      '/system/identity set',
    ]);
    expect(rows[3]?.values).toEqual({
      action: 'drop',
      chain: 'input',
      comment: 'kantor "lama" di desa é x',
      'src-address': '198.51.100.0/24',
    });
    expect(rows[5]).toMatchObject({ target: null, values: { name: 'kayuara-01' } });
  });

  it('knows the target of a set, and the terse form', () => {
    const text =
      '/interface wifi\nset [ find default-name=wifi1 ] disabled=no\n/ip address add address=1.2.3.4/24\n';

    expect(parseExport(text)).toEqual([
      {
        path: '/interface/wifi',
        verb: 'set',
        target: 'default-name=wifi1',
        values: { disabled: 'no' },
      },
      { path: '/ip/address', verb: 'add', target: null, values: { address: '1.2.3.4/24' } },
    ]);
  });

  it('survives whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const { path } of parseExport(normaliseExport(`/a\nadd ${text}`))) {
          expect(path.startsWith('/')).toBe(true);
        }
      }),
    );
  });
});

describe('diffExports', () => {
  const lines = fc.array(fc.constantFrom('add a=1', 'add b=2', 'add c=3', 'add d=4'), {
    maxLength: 12,
  });

  it('says what turns one text into the other, and nothing of equal ones', () => {
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const changes = diffExports(`/x\n${a.join('\n')}\n`, `/x\n${b.join('\n')}\n`);
        const count = (kind: string): number => changes.filter((one) => one.kind === kind).length;

        expect(a.length - count('removed') + count('added')).toBe(b.length);
        expect(changes.length === 0).toBe(a.join('\n') === b.join('\n'));
        const bag: string[] = [...a];
        for (const { kind, line } of changes) {
          if (kind === 'removed') bag.splice(bag.indexOf(line), 1);
          else bag.push(line);
        }
        expect(bag.toSorted()).toEqual(b.toSorted());
      }),
    );
  });

  it('shows menus, hides secrets and disarms control characters', () => {
    const older = '/radius\nadd secret=old\n';
    const newer = '/radius\nadd secret=new\nadd comment="\u001b[31m"\n';

    const shown = renderDiff(diffExports(older, newer));

    expect(shown).not.toMatch(/old|new|\p{Cc}(?<!\n)/u);
    expect(shown).toContain('/radius\n- add secret=••••');
    expect(shown).toContain('\\x1b[31m');
  });
});

describe('expiredBackups', () => {
  const DAY = 86_400_000;
  const now = Date.parse('2026-11-24T00:00:00Z');
  const aged = (days: readonly number[]) =>
    days.map((age, index) => ({
      version: index + 1,
      takenAt: now - age * DAY,
      checkedAt: now - age * DAY,
    }));

  it('keeps the last days, the last ten, and one a month', () => {
    const backups = aged([900, 200, 199, 198, 100, 99, 98, 97, 20, 19, 18, 17, 16, 15, 14, 2]);

    expect(expiredBackups(backups, now)).toEqual([6, 5, 3, 2, 1]);
  });

  it('never drops the newest, nor what is younger than the days', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 40 }), (days) => {
        const backups = aged(days.toSorted((a, b) => b - a));
        const gone = new Set(expiredBackups(backups, now));

        expect(gone.has(backups.length)).toBe(false);
        const young = backups.filter(({ takenAt }) => now - takenAt < 90 * DAY);
        expect(young.filter(({ version }) => gone.has(version))).toEqual([]);
      }),
    );
  });
});

describe('desiredOfBackup', () => {
  it('has our rows with their secrets apart, and nothing of anybody else', () => {
    const wanted = desiredOfBackup(normaliseExport(EXPORT), desired(input()))!;
    const rows = wanted.menus.flatMap(({ path, rows }) => rows.map(({ key }) => `${path}:${key}`));

    expect(rows).toEqual(
      expect.arrayContaining(['/ip/pool:pool', '/ip/firewall/filter:in-10', '/radius:rad1']),
    );
    expect(JSON.stringify(wanted)).not.toContain('kantor');
    expect(wanted.menus.map(({ path }) => path)).not.toContain('/user');
    const radius = wanted.menus.find(({ path }) => path === '/radius')!;
    expect(radius.rows[0]).toMatchObject({ secrets: { secret: 's3 cret' } });
    expect(radius.rows[0]!.values).not.toHaveProperty('secret');
  });

  it('is nothing when the backup is older than we are', () => {
    expect(desiredOfBackup('/system identity\nset name=MikroTik\n', desired(input()))).toBeNull();
  });
});
