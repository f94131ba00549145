/** For tests: an identity provider (npm oidc-provider) on loopback, and a browser that has cookies there. */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type ClientMetadata } from 'oidc-provider';

export const SECRET = 'rahasia-klien-smart-wifi';
export const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const LOOPBACK = 'http://127.0.0.1';

export interface Identity extends AsyncDisposable {
  readonly issuer: string;
}

/**
 * A provider whose development screens ask for any name and any password. `front` is the origin at which
 * phones are told to reach it, where that is another than ours.
 */
export async function startProvider(callback: string, front?: string): Promise<Identity> {
  const server: Server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const common: ClientMetadata = {
    client_id: 'wifi',
    redirect_uris: [callback],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  };
  const publicKey = {
    ...KEY.publicKey.export({ format: 'jwk' }),
    kid: 'k1',
    alg: 'ES256',
    use: 'sig',
  };
  const provider = new Provider(issuer, {
    clients: [
      { ...common, client_secret: SECRET },
      {
        ...{ ...common, client_id: 'wifi-key', token_endpoint_auth_method: 'private_key_jwt' },
        ...{ token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [publicKey as never] } },
      },
    ],
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, nomor_warga: `warga-${id}` }),
    }),
    claims: { openid: ['sub'], warga: ['nomor_warga'] },
    scopes: ['openid', 'warga'],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
  });
  if (front !== undefined) {
    provider.use(async (context, next) => {
      await next();
      if (context.path !== '/.well-known/openid-configuration') return;
      context.body = { ...(context.body as object), authorization_endpoint: `${front}/auth` };
    });
  }
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    issuer,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A browser at the provider, which has cookies there; it stops at the first address of `until`. */
export class ProviderBrowser {
  /** Requests that its screens took. */
  requests = 0;
  readonly #cookies = new Map<string, string>();

  async #get(url: string, form?: Record<string, string>): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    this.requests += 1;
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined) this.#cookies.set(name, value ?? '');
    }
    return answer;
  }

  /** The address that the provider sends the browser back to. */
  async logIn(start: string, name: string, until: string): Promise<URL> {
    let answer = await this.#get(start);
    let url = start;
    for (let step = 0; step < 20; step += 1) {
      const to = answer.headers.get('location');
      if (to !== null) {
        url = new URL(to, url).href;
        if (url.startsWith(until)) return new URL(url);
        answer = await this.#get(url);
        continue;
      }
      const html = await answer.text();
      const cancel = /href="([^"]*\/abort)"/.exec(html)?.[1];
      if (name === '' && cancel !== undefined) {
        url = new URL(cancel, url).href;
        answer = await this.#get(url);
        continue;
      }
      const action = /action="([^"]+)"/.exec(html)?.[1];
      const prompt = /name="prompt" value="(\w+)"/.exec(html)?.[1];
      if (action === undefined || prompt === undefined) throw new Error(`lost at ${url}: ${html}`);
      url = new URL(action, url).href;
      answer = await this.#get(url, { prompt, login: name, password: 'x' });
    }
    throw new Error('the provider leads in a circle');
  }
}
