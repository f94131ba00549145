/** A router's life as operators type it, with twins that run the scripts they are given. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../../lib/clock.ts';
import { type ApiServer, startApiServer } from '../../../simulator/api/server.ts';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { livingRouter } from '../../../simulator/system/test-system.ts';
import { type Cli, cliIn } from './cli.fixture.ts';

const VILLAGE = '16.06.01.2001';
const KEY = Buffer.alloc(32, 7).toString('base64');
/** A tunnel of this process alone. */
const NET = `127.${30 + (process.pid % 60)}.${(process.pid >> 6) % 250}`;

let directory = '';
let cli: Cli;
const running: ApiServer[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-life-'));
  cli = cliIn(directory);
  await writeFile(
    join(directory, 'smartwifi.yaml'),
    `network: { controllerAddress: 127.0.0.1, tunnelSubnet: ${NET}.0/24, tunnelEndpoint: 'vpn.example.go.id:51820' }
wireguard: { publicKey: '${KEY}' }
`,
  );
  await writeFile(join(directory, 'v.csv'), `code,village,district\n${VILLAGE},Teladan,Sekayu\n`);
  await cli.json('village', 'import', '--csv', join(directory, 'v.csv'));
});
afterEach(async () => {
  for (const api of running.splice(0)) await api[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const add = (name: string) => cli.json('router', 'add', name, '--village', VILLAGE);
const peers = (): Promise<string> =>
  readFile(join(directory, 'var/wireguard/peers.conf'), 'utf8').catch(() => '');
const actions = async (): Promise<string[]> =>
  (await cli.json('audit', 'list')).map((entry: { action: string }) => entry.action);

/** A board that ran the script: its line, and its API at the address that the script gave it. */
async function board(script: string, address: string, serial: string) {
  const router = livingRouter({ serial });
  expect(await router.script(script)).toBeNull();
  const { tree } = router;
  const api = await startApiServer({ tree, host: address, port: 8728, clock: realClock });
  running.push(api);
  return { line: router.logged('script,info').at(-1) ?? '', living: router, tree, api };
}

interface Board {
  readonly living: ReturnType<typeof livingRouter>;
  readonly publicKey: string;
}

async function enrolled(name: string, serial: string) {
  const router = await add(name);
  const made = await board(router.script, router.address, serial);
  const { contact } = await cli.json('router', 'enrol', '--line', made.line, '--wait', '0');
  return { ...router, ...made, contact, publicKey: made.line.split(' ').at(-1) ?? '' };
}

describe('a router', () => {
  it('comes in by one paste and one line, is pinned, and has its peer in the file', async () => {
    const router = await enrolled('rt-1', 'HEX1');

    expect(router).toMatchObject({
      address: `${NET}.2`,
      contact: { serial: 'HEX1', isFirst: true },
    });
    expect(await peers()).toContain(`PublicKey = ${router.publicKey}\n`);
    expect(await peers()).toContain(`AllowedIPs = ${NET}.2/32, ${router.lanSubnet}\n`);
    expect(await actions()).toEqual(
      expect.arrayContaining(['router.add', 'router.script', 'router.enrol', 'router.pin']),
    );
    // What opens doors is in no audit entry.
    const audit = JSON.stringify(await cli.json('audit', 'list'));
    expect(audit).not.toContain(router.line.split(' ')[2]);
    const plan = await cli.json('router', 'plan', 'rt-1');
    const factory = JSON.stringify(plan.changes);
    expect(factory).toContain('defconf');
    expect(factory).toContain('sw:enrol');
  });

  it('comes in once: neither the line again nor an older script is taken', async () => {
    const first = await add('rt-1');
    const again = await cli.json('router', 'script', 'rt-1');
    const old = await board(first.script, `${NET}.200`, 'HEX1');
    const fresh = await board(again.script, first.address, 'HEX1');
    const enrol = (line: string) => cli.run('router', 'enrol', '--line', line, '--wait', '0');

    expect(await enrol(old.line)).toMatchObject({ code: 1, err: expect.stringContaining('last') });
    expect(await enrol(fresh.line)).toMatchObject({ code: 0 });
    expect(await enrol(fresh.line)).toMatchObject({
      code: 1,
      err: expect.stringContaining('used'),
    });
    expect(await actions()).toContain('router.enrol.refused');
  });

  it('is refused when another board answers as it', async () => {
    const router = await enrolled('rt-1', 'HEX1');
    router.tree.assign('/system/routerboard', '', { 'serial-number': 'HEX2' });

    const said = await cli.run('router', 'plan', 'rt-1');
    expect(said).toMatchObject({ code: 1, err: expect.stringContaining('HEX2 answers') });
    expect(await cli.run('router', 'enrol', 'rt-1', '--wait', '0')).toMatchObject({ code: 1 });
    expect(await actions()).toContain('router.identity');
  });

  it('comes in again after it was configured, by another script on the same board', async () => {
    const { living, publicKey }: Board = await enrolled('rt-1', 'HEX1');
    expect(await cli.json('router', 'apply', 'rt-1')).toMatchObject([{ outcome: 'applied' }]);
    const again = await cli.json('router', 'script', 'rt-1');

    expect(await living.script(again.script)).toBeNull();
    const line = living.logged('script,info').at(-1) ?? '';
    const { contact } = await cli.json('router', 'enrol', '--line', line, '--wait', '0');

    expect(contact).toMatchObject({ serial: 'HEX1', isFirst: false });
    expect(await peers()).not.toContain(publicKey);
    expect(await cli.json('router', 'apply', 'rt-1')).toMatchObject([{ outcome: 'applied' }]);
    expect((await cli.json('router', 'plan', 'rt-1')).changes).toEqual([]);
  });

  it('has its script as a QR code too, for its owner alone', async () => {
    const router = await add('rt-1');
    const [svg, png] = ['svg', 'png'].map((kind) => join(directory, `rt-1.${kind}`));

    const bad = await cli.run('router', 'script', 'rt-1', '--qr-file', join(directory, 'rt-1.gif'));
    expect(bad).toMatchObject({ code: 2 });
    // It has not cost the script that is out.
    const { line } = await board(router.script, router.address, 'HEX1');
    expect(await cli.run('router', 'enrol', '--line', line, '--wait', '0')).toMatchObject({
      code: 0,
    });

    await cli.json('router', 'script', 'rt-1', '--qr-file', svg!);
    const said = await cli.run('router', 'script', 'rt-1', '--qr', '--qr-file', png!);
    expect(await readFile(svg!, 'utf8')).toContain('<svg');
    expect((await readFile(png!)).subarray(1, 4).toString()).toBe('PNG');
    expect((await stat(png!)).mode & 0o777).toBe(0o600);
    expect(said.out).toContain('\u2584');
  });

  it('can be vouched for by its key alone while its script is out', async () => {
    const router = await add('rt-1');
    const { line } = await board(router.script, router.address, 'HEX1');
    const key = line.split(' ').at(-1) ?? '';
    const enrol = () => cli.run('router', 'enrol', 'rt-1', '--public-key', key, '--no-contact');

    expect(await enrol()).toMatchObject({ code: 0 });
    expect(await enrol()).toMatchObject({ code: 1 });
    expect(await peers()).toContain(key);
  });

  it('that is lost is shown as that, in no other state', async () => {
    await enrolled('rt-1', 'HEX1');
    await cli.json('router', 'lost', 'rt-1', '--reason', 'dicuri');

    expect((await cli.run('router', 'show', 'rt-1')).out).toMatch(/^state +lost since 2/m);
  });

  it('that is lost is revoked at once, and its peer leaves the file', async () => {
    const router = await enrolled('rt-1', 'HEX1');
    await cli.json('router', 'lost', 'rt-1', '--reason', 'stolen at night');

    expect(await peers()).not.toContain(router.publicKey);
    expect(await peers()).toContain('# end 0');
    expect(await cli.run('router', 'plan', 'rt-1')).toMatchObject({ code: 1 });
    for (const verb of ['apply', 'backup', 'drift']) {
      expect(await cli.run('router', verb, 'rt-1')).toMatchObject({
        code: 2,
        err: expect.stringContaining('rt-1 is lost'),
      });
    }
    expect(await cli.run('router', 'script', 'rt-1')).toMatchObject({ code: 1 });
    const [entry] = await cli.json('audit', 'list');
    expect(entry).toMatchObject({ action: 'router.lost', subject: 'rt-1' });
    expect(entry.detail).toContain('HEX1');
    expect(entry.detail).toContain('stolen at night');
  });

  it('is replaced by a spare, which goes on under its name', async () => {
    const old = await enrolled('rt-1', 'HEX1');
    const spare = await enrolled('spare-1', 'HEX2');
    expect(await cli.run('router', 'replace', 'rt-1', 'spare-1')).toMatchObject({ code: 2 });
    await cli.json('router', 'spare', 'spare-1');
    expect(await peers()).toContain(`AllowedIPs = ${spare.address}/32\n`);

    const { router } = await cli.json('router', 'replace', 'rt-1', 'spare-1');

    expect(router).toMatchObject({ id: old.id, name: 'rt-1', address: spare.address });
    expect(await peers()).not.toContain(old.publicKey);
    expect(await peers()).toContain(`AllowedIPs = ${spare.address}/32, ${old.lanSubnet}\n`);
    const plan = await cli.json('router', 'plan', 'rt-1');
    expect(plan.changes.length).toBeGreaterThan(50);
    expect(await cli.run('router', 'show', 'spare-1')).toMatchObject({ code: 2 });
    const { holds } = await cli.json('audit', 'verify');
    expect(holds).toBe(true);
  });

  it('shows its service account to whoever gives a reason, in the audit first', async () => {
    await add('rt-1');
    expect(await cli.run('router', 'service-account', 'rt-1')).toMatchObject({ code: 2 });
    const shown = await cli.json('router', 'service-account', 'rt-1', '--reason', 'fibre cut');

    expect(shown.user).toBe('sw-service');
    expect(shown.password).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    const [entry] = await cli.json('audit', 'list');
    expect(entry).toMatchObject({ action: 'router.service-account', detail: 'fibre cut' });
    expect(JSON.stringify(entry)).not.toContain(shown.password);
  });
});

it('is released as a plain gateway, whose export is handed over, and which nobody hears any more', async () => {
  const file = join(directory, 'export.rsc');
  const made = await enrolled('rt-1', 'HEX1');
  await cli.json('router', 'apply', 'rt-1');

  const released = await cli.json('router', 'release', 'rt-1', '--export', file);

  expect(released).toMatchObject({ life: 'released', export: file });
  const { tree }: { tree: WritableTree } = made;
  expect(tree.rows('/ip/hotspot')).toEqual([]);
  expect(tree.rows('/system/scheduler').map(({ values }) => values.name)).toEqual(['sw-release']);
  // By itself, after we are gone.
  await (made as Board).living.advance(5000);
  expect(tree.rows('/system/scheduler')).toEqual([]);
  expect(tree.rows('/interface/wireguard')).toEqual([]);
  expect(tree.rows('/user').map(({ values }) => values.name)).toEqual(['admin']);
  const handedOver = await readFile(file, 'utf8');
  expect(handedOver).toContain('masquerade');
  expect(handedOver).toContain('/interface wireguard');
  expect(handedOver).not.toContain('private-key');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await peers()).not.toContain(made.publicKey);
  expect(await cli.json('router', 'list')).toMatchObject([{ name: 'rt-1', state: 'released' }]);
  expect(await actions()).toContain('router.release');
});

it('is left alone when there is no place for its export', async () => {
  const { living }: Board = await enrolled('rt-1', 'HEX1');
  const file = join(directory, 'v.csv', 'x');

  expect(await cli.run('router', 'release', 'rt-1', '--export', file)).toMatchObject({ code: 1 });
  expect(living.tree.rows('/interface/wireguard')).toHaveLength(1);
  expect(await cli.json('router', 'list')).toMatchObject([{ name: 'rt-1', state: 'unknown' }]);
});

it('serves on when it cannot be released', async () => {
  await enrolled('rt-1', 'HEX1');
  for (const api of running.splice(0)) await api[Symbol.asyncDispose]();

  const said = await cli.run('router', 'release', 'rt-1', '--export', join(directory, 'x'));

  expect(said).toMatchObject({ code: 1 });
  expect(await cli.json('router', 'list')).toMatchObject([{ name: 'rt-1', state: 'unknown' }]);
  expect(await actions()).toContain('router.release.failed');
});

describe('the service account', () => {
  const reveal = () => cli.json('router', 'service-account', 'rt-1', '--reason', 'fibre cut');
  const apply = () => cli.json('router', 'apply', 'rt-1');

  it('has a port of its own, and another password after each look', async () => {
    await cli.json('setting', 'set', 'service.port', 'last', '--regency', '16.06');
    const { tree }: { tree: WritableTree } = await enrolled('rt-1', 'HEX1');
    const standing = (): string | undefined => {
      const user = tree.rows('/user').find(({ values }) => values.name === 'sw-service');
      return user === undefined ? undefined : tree.password('/user', user.id);
    };
    expect(await apply()).toMatchObject([{ outcome: 'applied' }]);
    const members = tree.rows('/interface/list/member').map(({ values }) => values);
    expect(members).toContainEqual(
      expect.objectContaining({ list: 'sw-MGMT', interface: 'ether5' }),
    );
    const ports = tree.rows('/interface/bridge/port').map(({ values }) => values.interface);
    expect(ports).not.toContain('ether5');

    const first = await reveal();
    expect(first.password).toBe(standing());
    // Until it is applied, the same still opens the door.
    expect((await reveal()).password).toBe(first.password);

    expect(await apply()).toMatchObject([{ outcome: 'applied' }]);
    expect(standing()).not.toBe(first.password);
    expect((await reveal()).password).toBe(standing());
    expect((await cli.json('router', 'plan', 'rt-1')).changes.length).toBeGreaterThan(0);
  });

  it('dies with a board that is replaced', async () => {
    await enrolled('rt-1', 'HEX1');
    await enrolled('spare-1', 'HEX2');
    const before = await reveal();
    await cli.json('router', 'spare', 'spare-1');
    await cli.json('router', 'replace', 'rt-1', 'spare-1');

    expect((await reveal()).password).not.toBe(before.password);
  });
});

describe('router import', () => {
  const file = (text: string) => writeFile(join(directory, 'r.csv'), text);
  const load = (...more: string[]) =>
    cli.run('router', 'import', '--csv', join(directory, 'r.csv'), ...more);

  it('adds all of a file, each with its script, for nobody else to read', async () => {
    await file(`name,village,address\nrt-1,${VILLAGE},\nrt-2,${VILLAGE},${NET}.77\n`);
    const scripts = join(directory, 'scripts');

    expect(await load('--scripts', scripts)).toMatchObject({ code: 0 });
    const script = await readFile(join(scripts, 'rt-2.rsc'), 'utf8');
    expect(script).toContain(`address=${NET}.77/32`);
    expect((await stat(join(scripts, 'rt-2.rsc'))).mode & 0o777).toBe(0o600);
    const { line } = await board(script, `${NET}.77`, 'HEX7');
    expect(await cli.run('router', 'enrol', '--line', line, '--wait', '0')).toMatchObject({
      code: 0,
    });
  });

  it('adds none when any line is wrong, and names every one of them', async () => {
    await add('rt-9');
    await file(
      `name,village,address\nrt-1,${VILLAGE},\nrt 2,${VILLAGE},\nrt-3,16.06.01.9999,\nrt-4,${VILLAGE},10.0.0\nrt-1,${VILLAGE},\nrt-9,${VILLAGE},\n`,
    );
    const said = await load();

    expect(said.code).toBe(1);
    for (const line of [3, 4, 5, 6, 7]) expect(said.err).toContain(`line ${line}:`);
    expect(said.err).not.toContain('line 2:');
    expect(await cli.json('router', 'list')).toHaveLength(1);
  });

  it('takes a file without routers for a mistake, and no empty secret', async () => {
    await file('name,village,address\n');
    const where = ['--village', VILLAGE, '--address', `${NET}.78`];

    expect(await load()).toMatchObject({ code: 1, err: expect.stringContaining('line 1:') });
    expect(await cli.run('router', 'add', 'rt-8', ...where, '--nas-secret', '')).toMatchObject({
      code: 2,
    });
    expect(await cli.json('router', 'list')).toEqual([]);
  });
});

it('needs an address where no tunnel is configured', async () => {
  await writeFile(join(directory, 'smartwifi.yaml'), 'regency: "16.06"\n');

  expect(await cli.run('router', 'add', 'rt-1', '--village', VILLAGE)).toMatchObject({ code: 2 });
  const byHand = ['--village', VILLAGE, '--address', '10.255.1.7'];
  expect(await cli.json('router', 'add', 'rt-1', ...byHand)).toMatchObject({ apiUser: 'admin' });
});
