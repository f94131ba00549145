/** The whole service with everything configured: a gateway for codes and an identity provider, both at loopback. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Provider, startProvider } from '../../../portal/gateways/provider.fixture.ts';
import { VERIFY_KEY, WEBHOOK_KEY } from './everything.ts';
import { type Identity, SECRET, startProvider as startIdentityProvider } from './oidc-provider.ts';

export interface Outside extends AsyncDisposable {
  readonly gateway: Provider;
  readonly identity: Identity;
  /** Of the configuration file, which is written. */
  readonly file: string;
  readonly store: { readonly store: string; readonly keyFile: string };
  /** What the service is reached by. */
  readonly origin: string;
}

/** Its gateway has a certificate of its own, which the service must trust. */
export async function prepareService(folder: string, logLevel: string): Promise<Outside> {
  const gateway = await startProvider();
  gateway.answers = [{ body: { status: true, id: ['1'] } }];
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const identity = await startIdentityProvider(`${origin}/oidc/callback`);
  const any = '127.0.0.1:0';
  const store = {
    store: `sqlite:${join(folder, 'store.db')}`,
    keyFile: join(folder, 'store.key'),
  };
  const secret = 'rahasia-gateway-1';
  const gateways = [
    {
      ...{ kind: 'fonnte', name: 'fonnte', secret, webhookSecret: WEBHOOK_KEY, timeoutSeconds: 30 },
      origin: gateway.origin,
    },
    {
      ...{ kind: 'whatsapp', name: 'whatsapp', secret, verifySecret: VERIFY_KEY },
      ...{ webhookSecret: WEBHOOK_KEY, phoneId: '1098', template: 'kode', origin: gateway.origin },
    },
  ];
  const portal = {
    listen: `127.0.0.1:${port}`,
    publicUrl: origin,
    otp: { gateways },
    oidc: {
      ...{ issuer: identity.issuer, clientId: 'wifi', clientSecret: SECRET },
      ...{ label: 'SSO Muba', hosts: ['id.example.go.id'] },
    },
  };
  const text = stringify({
    ...store,
    portal,
    radius: { auth: any, acct: any },
    metrics: { listen: any },
    log: { level: logLevel },
  });
  const file = join(folder, 'smartwifi.yaml');
  await writeFile(file, text);
  return {
    ...{ gateway, identity, file, store, origin },
    [Symbol.asyncDispose]: async () => {
      await identity[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

/** The provider must know the portal's address before the portal is there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
