/**
 * The server's WireGuard peers as a file: `[Peer]` sections of wg(8) between a first and a last line of ours, so that
 * half a file is known as such. It holds preshared keys (mode 0600) and no private key. The service cannot change the
 * interface; `scripts/wireguard-helper.sh`, run by root when the file changes, checks every line and does.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../lib/errors.ts';
import type { WireguardPeer } from '../../store/types.ts';

/** Pure; the same peers give the same text. */
export function renderPeers(peers: readonly WireguardPeer[]): string {
  const sorted = peers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [
    '# smart-wifi peers 1',
    ...sorted.map(
      ({ name, publicKey, presharedKey, address, lanSubnet }) => `[Peer]
# ${name}
PublicKey = ${publicKey}
PresharedKey = ${presharedKey}
AllowedIPs = ${address}/32${lanSubnet === null ? '' : `, ${lanSubnet}`}`,
    ),
    `# end ${sorted.length}`,
    '',
  ].join('\n');
}

/** Whole or not at all; an unchanged file stays untouched. Returns whether it was written. */
export async function writePeersFile(
  path: string,
  peers: readonly WireguardPeer[],
): Promise<boolean> {
  const text = renderPeers(peers);
  if ((await textOf(path)) === text) return false;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.new-${process.pid}`;
  try {
    const file = await open(fresh, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  return true;
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
