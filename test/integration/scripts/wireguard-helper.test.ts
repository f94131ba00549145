/** The root helper against a `wg` that only notes what it was given. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderPeers, writePeersFile } from '../../../controller/enrol/peers-file.ts';
import type { WireguardPeer } from '../../../store/types.ts';

const HELPER = join(import.meta.dirname, '../../../scripts/wireguard-helper.sh');
const OWN =
  '[Interface]\nPrivateKey = cHJpdmF0ZSBrZXkgb2YgdGhlIHNlcnZlciBpcyBoZXJl\nListenPort = 51820\n';
const STALE = '[Peer]\nPublicKey = stale\nAllowedIPs = 0.0.0.0/0\n';
const run = promisify(execFile);

let directory = '';
let file = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-wg-'));
  file = join(directory, 'peers.conf');
  const tool = async (name: string, body: string): Promise<void> => {
    await writeFile(join(directory, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(directory, name), 0o755);
  };
  await tool('wg', `echo "$1 $2" >>"${directory}/calls"; cat "$3" >"${directory}/given"`);
  await tool('wg-quick', `test "$1 $2" = "strip wg0" && cat "${directory}/own"`);
  await writeFile(join(directory, 'own'), OWN + STALE);
});
afterEach(() => rm(directory, { recursive: true }));

const keyOf = (n: number): string => {
  const octets = Buffer.alloc(32, 1);
  octets.writeUInt32BE(n, 8);
  return octets.toString('base64');
};

function peer(n: number, over: Partial<WireguardPeer> = {}): WireguardPeer {
  return {
    name: `rt-${n}`,
    publicKey: keyOf(n),
    presharedKey: keyOf(100_000 + n),
    address: `10.255.${1 + (n >> 8)}.${n & 255}`,
    lanSubnet: `172.${16 + (n >> 6)}.${(n & 63) * 4}.0/22`,
    ...over,
  };
}

interface Outcome {
  readonly code: number;
  readonly err: string;
  /** What `wg syncconf` was given; null when it was not called. */
  readonly given: string | null;
}

async function help(text?: string, args?: string[]): Promise<Outcome> {
  if (text !== undefined) await writeFile(file, text);
  const all = args ?? ['wg0', file, '10.255.0.0/16', '172.16.0.0/12'];
  const env = { PATH: `${directory}:/usr/bin:/bin` };
  const { code, err } = await run(HELPER, all, { env }).then(
    () => ({ code: 0, err: '' }),
    (error: { code: number; stderr: string }) => ({ code: error.code, err: error.stderr }),
  );
  const calls = await readFile(join(directory, 'calls'), 'utf8').catch(() => '');
  const called = calls === 'syncconf wg0\n';
  const given = called ? await readFile(join(directory, 'given'), 'utf8') : null;
  if (calls !== '' && !called) throw new Error(`wg was called otherwise: ${calls}`);
  return { code, err, given };
}

describe('the WireGuard helper', () => {
  it("gives wg the interface's own section and our peers, and no peer of before", async () => {
    const peers = [peer(1), peer(2, { lanSubnet: null })];

    expect(await help(renderPeers(peers))).toEqual({
      code: 0,
      err: '',
      given: OWN + renderPeers(peers),
    });
  });

  it('takes a regency of 242 routers', async () => {
    const many = Array.from({ length: 242 }, (_, n) => peer(n + 2));

    expect(await help(renderPeers(many))).toMatchObject({ code: 0, err: '' });
  });

  it('takes a file without routers', async () => {
    expect(await help(renderPeers([]))).toMatchObject({ code: 0, given: OWN + renderPeers([]) });
  });

  it.each<[string, string]>([
    ['the whole Internet', renderPeers([peer(1, { lanSubnet: '0.0.0.0/0' })])],
    ['a LAN outside of the pool', renderPeers([peer(1, { lanSubnet: '192.168.0.0/22' })])],
    ['a LAN larger than a village', renderPeers([peer(1, { lanSubnet: '172.16.0.0/16' })])],
    ['host bits', renderPeers([peer(1, { lanSubnet: '172.16.1.0/22' })])],
    ['an address outside of the tunnel', renderPeers([peer(1, { address: '10.254.0.9' })])],
    ["the server's own address", renderPeers([peer(1, { address: '10.255.0.1' })])],
    ['an address twice', renderPeers([peer(1), peer(2, { address: '10.255.1.1' })])],
    ['overlapping LANs', renderPeers([peer(1), peer(2, { lanSubnet: '172.16.5.0/24' })])],
    ['a key twice', renderPeers([peer(1), peer(2, { publicKey: keyOf(1) })])],
    ['a key that is none', renderPeers([peer(1, { publicKey: `${'A'.repeat(43)}=` })])],
    ['a short key', renderPeers([peer(1, { publicKey: 'AAAA' })])],
    ['a name with a line of its own', renderPeers([peer(1, { name: 'a\n[Interface]' })])],
    [
      'an endpoint',
      renderPeers([peer(1)]).replace('AllowedIPs', 'Endpoint = 1.2.3.4:5\nAllowedIPs'),
    ],
    ['an interface section', renderPeers([]).replace('# end', '[Interface]\n# end')],
    ['a third network', renderPeers([peer(1)]).replace('/22', '/22, 172.31.0.0/22')],
    ['a file that was cut', renderPeers([peer(1)]).replace(/# end.*\n/, '')],
    ['a wrong count', renderPeers([peer(1)]).replace('# end 1', '# end 2')],
    ['more after the end', `${renderPeers([])}[Peer]\n`],
    ['another file', 'root:$6$secret:1:::\n'],
    ['nothing', ''],
  ])('refuses %s and touches nothing', async (_what, text) => {
    const said = await help(text);

    expect(said).toMatchObject({ code: 1, given: null });
    expect(said.err).toContain('nothing was changed');
    expect(said.err).not.toContain('secret');
  });

  it('tells neighbouring LANs and addresses apart over the whole pool', async () => {
    const peers = [0, 1, 62, 63, 64, 511, 1022, 1023].map((n) =>
      peer(n, { address: `10.255.200.${n % 251}` }),
    );

    expect(await help(renderPeers(peers))).toMatchObject({ code: 0, err: '' });
  });

  it('refuses every file that differs from one of ours in one line', async () => {
    const lines = renderPeers([peer(1), peer(2)]).split('\n');
    const line = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 30 }),
      fc.constantFrom(...lines),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 2), line, async (at, text) => {
        fc.pre(text !== lines[at] && !/^# [A-Za-z0-9-]+$/.test(text) && !text.includes('\n'));
        // Two routers may have one preshared key: that is a file of ours, too.
        fc.pre(![text, lines[at]].every((one) => one!.startsWith('PresharedKey = ')));
        const said = await help(lines.with(at, text).join('\n'));

        expect(said).toMatchObject({ code: 1, given: null });
      }),
      { numRuns: 25 },
    );
  });

  it('follows no link and reads no pipe', async () => {
    await writeFile(join(directory, 'real'), renderPeers([]));
    await symlink(join(directory, 'real'), file);
    expect(await help()).toMatchObject({ code: 1, given: null });
    await rm(file);
    await run('mkfifo', [file]);
    expect(await help()).toMatchObject({ code: 1, given: null });
  });

  it('refuses an interface that is no name, and one without a private key', async () => {
    await writeFile(file, renderPeers([]));
    expect(await help(undefined, ['../x', file, '10.255.0.0/16', '172.16.0.0/12'])).toMatchObject({
      code: 1,
      given: null,
    });
    await writeFile(join(directory, 'own'), '[Interface]\nListenPort = 1\n');
    expect(await help()).toMatchObject({ code: 1, given: null });
  });

  it('is written whole, for its owner alone, and only when it changed', async () => {
    expect(await writePeersFile(file, [peer(1)])).toBe(true);
    expect(await writePeersFile(file, [peer(1)])).toBe(false);
    expect(await writePeersFile(file, [peer(2), peer(1)])).toBe(true);

    const { stdout } = await run('stat', ['-c', '%a', file]);
    expect(stdout.trim()).toBe('600');
    expect(await readFile(file, 'utf8')).toBe(renderPeers([peer(1), peer(2)]));
  });
});
