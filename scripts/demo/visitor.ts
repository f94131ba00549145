/**
 * The place of a person's own browser in a village: what it sends comes from an address of the LAN, as that of
 * any phone there. From the address of this machine the router would report somebody who cannot be behind it.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { formatIpv4, parseCidr } from '../../lib/net.ts';
import type { Router } from '../../store/types.ts';

/** Below the addresses that the router leases (controller/desired/network.ts). */
const HOST_NUMBER = 9;
const LISTEN = '127.0.0.1';

export interface Visitor extends AsyncDisposable {
  /** `host:port` of the router's proxy, for a browser. */
  readonly proxy: string;
}

/** Listens on this machine at `ports.listen`. */
export async function openVisitor(
  router: Pick<Router, 'lanSubnet' | 'hotspotAddress'>,
  ports: { readonly hotspot: number; readonly listen: number },
): Promise<Visitor> {
  const localAddress = formatIpv4(parseCidr(router.lanSubnet)!.first + HOST_NUMBER);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (browser) => {
    const to = { host: router.hotspotAddress, port: ports.hotspot, localAddress };
    const phone = connect({ ...to, allowHalfOpen: true });
    for (const socket of [browser, phone]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    // A connection that breaks off on one side does so on the other; there is nobody to tell.
    pipeline(browser, phone, () => {});
    pipeline(phone, browser, () => {});
  });
  server.listen(ports.listen, LISTEN);
  await once(server, 'listening');
  return {
    proxy: `${LISTEN}:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
