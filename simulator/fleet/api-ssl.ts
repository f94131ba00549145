/**
 * The API over TLS as a router without certificate offers it: anonymous Diffie-Hellman, TLS 1.2 at
 * most. It stands before the twin's plain API and passes the caller's address on as its own, for the
 * router decides by source address.
 */
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { plainAddress } from '../../lib/net.ts';

export interface ApiSsl extends AsyncDisposable {
  readonly port: number;
}

export interface ApiSslOptions {
  readonly address: string;
  /** 0 is any free port. */
  readonly port: number;
  /** Port of the plain API at the same address. */
  readonly apiPort: number;
}

export async function startApiSsl(options: ApiSslOptions): Promise<ApiSsl> {
  const open = new Set<TLSSocket>();
  const server = createServer({
    ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0',
    dhparam: 'auto',
    maxVersion: 'TLSv1.2',
  });
  server.on('secureConnection', (caller: TLSSocket) => {
    open.add(caller);
    const api = connect({
      host: options.address,
      port: options.apiPort,
      localAddress: plainAddress(caller.remoteAddress),
    });
    caller.once('close', () => {
      open.delete(caller);
      api.destroy();
    });
    api.once('close', () => caller.destroy());
    caller.on('error', () => caller.destroy());
    api.on('error', () => api.destroy());
    caller.pipe(api).pipe(caller);
  });
  server.listen({ host: options.address, port: options.port });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const caller of open) caller.destroy();
      await closed;
    },
  };
}
