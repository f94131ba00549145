/**
 * The server's end of the tunnels, as far as a router's return depends on it: which keys it knows, and the greatest time
 * stamp that it has seen from each. A handshake that is not younger is taken for a replay and not answered
 * (WireGuard white paper, §5.1), so a router whose clock stands hours back gets no tunnel.
 */

export interface WireguardServer {
  readonly publicKey: string;
  allow(peer: { readonly publicKey: string; readonly presharedKey?: string }): void;
  forbid(publicKey: string): void;
  /** What the server does with the first message of a handshake; only `answered` makes a session. */
  handshake(message: HandshakeMessage): HandshakeEnd;
  /** The server's machine restarts: it knows its peers, and no time stamps. */
  restart(): void;
  /** Off: nothing is answered. */
  listening: boolean;
  readonly counters: Readonly<Record<HandshakeEnd, number>>;
}

export interface HandshakeMessage {
  /** The key that the sender takes the server's to be. */
  readonly to: string;
  readonly from: string;
  readonly presharedKey: string;
  /** 12 octets, TAI64N. */
  readonly timestamp: Buffer;
}

export type HandshakeEnd = 'answered' | 'replayed' | 'unknown' | 'silent';

interface Peer {
  readonly presharedKey: string;
  greatest: Buffer | null;
}

export function createWireguardServer(
  publicKey: string,
  { takesEveryKey = false }: { readonly takesEveryKey?: boolean } = {},
): WireguardServer {
  const peers = new Map<string, Peer>();
  const counters = { answered: 0, replayed: 0, unknown: 0, silent: 0 };
  let listening = true;

  const judge = ({ to, from, presharedKey, timestamp }: HandshakeMessage): HandshakeEnd => {
    if (!listening) return 'silent';
    if (takesEveryKey && !peers.has(from)) peers.set(from, { presharedKey, greatest: null });
    const peer = peers.get(from);
    if (peer === undefined || to !== publicKey) return 'unknown';
    if (peer.greatest !== null && Buffer.compare(timestamp, peer.greatest) <= 0) return 'replayed';
    peer.greatest = timestamp;
    // The key is mixed in last: the initiator cannot read the answer.
    return peer.presharedKey === presharedKey ? 'answered' : 'unknown';
  };
  return {
    publicKey,
    allow: (peer) =>
      void peers.set(peer.publicKey, {
        presharedKey: peer.presharedKey ?? '',
        greatest: peers.get(peer.publicKey)?.greatest ?? null,
      }),
    forbid: (key) => void peers.delete(key),
    handshake: (message) => {
      const end = judge(message);
      counters[end] += 1;
      return end;
    },
    restart: () => {
      for (const peer of peers.values()) peer.greatest = null;
    },
    get listening() {
      return listening;
    },
    set listening(value) {
      listening = value;
    },
    counters,
  };
}
