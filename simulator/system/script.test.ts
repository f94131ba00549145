import { describe, expect, it } from 'vitest';
import { add, column, livingRouter } from './test-system.ts';

const comments = 'comment="sw:a"';

describe('a script', () => {
  it('writes menus by path and verb, spaced or slashed, under the path of the lines before', async () => {
    const { tree, script } = livingRouter();

    const trap = await script(`
      # as an export has it
      /ip pool add name=satu ranges=10.0.0.1-10.0.0.9
      /ip/pool
      add name=dua \\
          ranges=10.1.0.1-10.1.0.9 comment="dua kata"
      set dua ranges=10.2.0.1-10.2.0.9
      /system identity set name=desa; /ip dns set servers=9.9.9.9,149.112.112.112
    `);

    expect(trap).toBeNull();
    expect(column(tree, '/ip/pool', 'name').slice(1)).toEqual(['satu', 'dua']);
    expect(tree.find('/ip/pool', 'dua')?.values).toMatchObject({
      ranges: '10.2.0.1-10.2.0.9',
      comment: 'dua kata',
    });
    expect(tree.single('/system/identity').name).toBe('desa');
    expect(tree.single('/ip/dns').servers).toBe('9.9.9.9,149.112.112.112');
  });

  it('finds rows by what they say, and does nothing to none', async () => {
    const { tree, script } = livingRouter();
    add(tree, '/ip/firewall/address-list', { list: 'a', address: '10.0.0.1', comment: 'sw:a' });
    add(tree, '/ip/firewall/address-list', { list: 'a', address: '10.0.0.2' });

    const trap = await script(`
      /ip/firewall/address-list set [find ${comments}] list=b
      /ip/firewall/address-list remove [find list=nothing]
      /ip/firewall/address-list disable [find list~"^a" !comment]
      /ip/firewall/address-list remove [find where list="b" and disabled=no]
    `);

    expect(trap).toBeNull();
    expect(column(tree, '/ip/firewall/address-list', 'address')).toEqual(['10.0.0.2']);
    expect(column(tree, '/ip/firewall/address-list', 'disabled')).toEqual(['true']);
  });

  it('decides, counts, repeats and remembers', async () => {
    const { script, logged } = livingRouter();

    const trap = await script(`
      :local names {"a";"b"}
      :global total 40
      :foreach n in=$names do={ :set total ($total + 1); :log info "nama $n: $[:len $names]" }
      :if ([:len [/ip pool find name=none]] = 0 && !($total < 42)) do={
        :log warning ("jumlah=" . $total)
      } else={ :log error "salah" }
      :if ([/ip pool get default-dhcp name] != "default-dhcp") do={ :log error "salah" }
      { :local total 1 }
      :log info message="\\"\\$total\\" \\E2\\82\\AC $($total * 2)"
    `);

    expect(trap).toBeNull();
    expect(logged('script')).toEqual(['nama a: 2', 'nama b: 2', 'jumlah=42', '"$total" € 84']);
  });

  it('goes on after a refusal only where it is caught', async () => {
    const { tree, script, logged } = livingRouter();

    const caught = await script(`
      :do { /ip pool add name=default-dhcp ranges=10.0.0.1 } on-error={ :log warning "sudah ada" }
      /system identity set name=lanjut`);
    const stopped = await script(`
      /ip pool add name=default-dhcp ranges=10.0.0.1
      /system identity set name=tidak`);

    expect(caught).toBeNull();
    expect(logged('script,warning')).toEqual(['sudah ada']);
    expect(stopped?.message).toBe('failure: already have pool with such name');
    expect(tree.single('/system/identity').name).toBe('lanjut');
  });

  it('waits in the router’s own clock', async () => {
    const { tree, script, advance } = livingRouter();

    const end = script('/system identity set name=a; :delay 90s; /system identity set name=b');
    await advance(89_000);
    const before = tree.single('/system/identity').name;
    await advance(1000);

    expect(before).toBe('a');
    expect(await end).toBeNull();
    expect(tree.single('/system/identity').name).toBe('b');
  });

  it('ends where it stands when the router was told to restart, and none begins after it', async () => {
    const { tree, system, script, advance } = livingRouter();
    const source = ':local x; /system identity set name=jadwal';
    add(tree, '/system/scheduler', { name: 'a', interval: '1s', 'on-event': source });

    const end = script('/system identity set name=a; :delay 500ms; /system identity set name=b');
    await advance(0);
    system.goingDown();
    await advance(60_000);

    expect(await end).toBeNull();
    expect(tree.single('/system/identity').name).toBe('a');
  });

  it('dies with the power, globals and all', async () => {
    const { tree, system, script, advance } = livingRouter();
    await script(':global keep "x"');

    const end = script(':delay 10s; /system identity set name=b');
    system.powerCut();
    await advance(20_000);
    system.powerOn();
    const after = await script(':global keep; /system identity set name="[$keep]"');

    expect(await end).toBeNull();
    expect(after).toBeNull();
    expect(tree.single('/system/identity').name).toBe('[]');
  });
});

describe('a script that can not be read', () => {
  it.each([
    ['/system identity set name="desa', 'syntax error (line 1 column 27)'],
    [':if (1 = 1 do={}', 'syntax error (line 1 column 12)'],
    ['/system identity set name="\\q"', 'syntax error (line 1 column 28)'],
    ['\n:while (true) do={}', 'bad command name while (line 2 column 2)'],
    ['/ip/nonsense/add name=x', 'bad command name nonsense (line 1 column 5)'],
    ['/ip pool frobnicate', 'bad command name frobnicate (line 1 column 10)'],
    ['/interface wireless print', 'bad command name wireless (line 1 column 12)'],
    [':log shout "x"', 'bad command name shout (line 1 column 6)'],
    ['/ip pool add name=a nonsense=1', 'expected end of command (line 1 column 21)'],
    ['/system identity set name=a }', 'syntax error (line 1 column 29)'],
    [':put 1 2', 'expected end of command (line 1 column 8)'],
  ])('%j: %s, and nothing of it runs', async (source, text) => {
    const { tree, script } = livingRouter();

    const trap = await script(`/system identity set name=sebagian\n${source}`);
    const alone = await script(source);

    expect(trap?.message.replace(/line \d+/, '')).toBe(text.replace(/line \d+/, ''));
    expect(alone?.message).toBe(text);
    expect(tree.single('/system/identity').name).toBe('MikroTik');
  });

  it('is not caught by on-error: what one version has not breaks the script for it', async () => {
    const source = ':do { /tool netwatch add host=1.1.1.1 ignore-initial-down=yes } on-error={}';

    const old = await livingRouter({ version: '7.16.2' }).script(source);
    const young = await livingRouter({ version: '7.18.2' }).script(source);

    expect(old?.message).toBe('expected end of command (line 1 column 39)');
    expect(young).toBeNull();
  });

  it.each([
    ['lists', (n: number) => `:put ${'{'.repeat(n)}1${'}'.repeat(n)}`],
    ['parentheses', (n: number) => `:put ${'('.repeat(n)}1${')'.repeat(n)}`],
    ['blocks', (n: number) => `${'{'.repeat(n)}${'}'.repeat(n)}`],
    ['negations', (n: number) => `:put (${'!'.repeat(n)}true)`],
    ['commands', (n: number) => `:put ${'[:len '.repeat(n)}1${']'.repeat(n)}`],
    ['sums', (n: number) => `:put (1${' + 1'.repeat(n)})`],
  ])('is one that nests or goes on beyond what people write: %s', async (_what, source) => {
    const { script } = livingRouter();

    expect(await script(source(50))).toBeNull();
    expect((await script(source(20_000)))?.message).toMatch(/^syntax error \(line 1 column \d+\)$/);
  });

  it('ends one whose text grows without end', async () => {
    const { script } = livingRouter();
    const doubled = `:set t ($t . "$t"); `.repeat(40);

    expect((await script(`:local t "x"; ${doubled}`))?.message).toBe('failure: out of memory');
  });

  it('ends a script that calls itself', async () => {
    const { tree, script } = livingRouter();
    add(tree, '/system/script', { name: 'ulang', source: '/system script run ulang' });

    const nested = await script('/system script run ulang');

    expect(nested?.message).toBe('failure: too many nested scripts');
  });
});
