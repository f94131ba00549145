/** For tests: an HTTPS server that speaks like a provider, and gateways that point to it. */
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from '../self-signed.fixture.ts';
import { createExchange, type Exchange } from './exchange.ts';
import type { ConfigOf, GatewayConfig, GatewayKind, Message } from './gateway.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ProviderAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `hang`: no answer; `drop`: the connection breaks before it, `cut`: in the middle of the body. */
  readonly fault?: 'hang' | 'drop' | 'cut';
}

export interface Provider extends AsyncDisposable {
  readonly origin: string;
  readonly exchange: Exchange;
  /** Its certificate, PEM. */
  readonly ca: string;
  readonly received: Received[];
  /** What comes next; the last one stays. */
  answers: ProviderAnswer[];
}

export const MESSAGE: Message = {
  to: '+6281234567890',
  code: '012345',
  locale: 'id',
  link: 'https://wifi.example.go.id/otp/link?k=abc',
  text: '012345 kode WiFi & "desa"',
  idempotencyKey: 'key-1',
};

export async function startProvider(): Promise<Provider> {
  const pair = selfSigned('localhost', new Date(Date.UTC(2100, 0)));
  const received: Received[] = [];
  const provider: { answers: ProviderAnswer[] } = { answers: [{}] };
  const server = createServer({ ...pair, keepAlive: false }, (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { method = '', url = '', headers } = req;
      received.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
      const [answer = {}] =
        provider.answers.length > 1 ? provider.answers.splice(0, 1) : provider.answers;
      if (answer.fault === 'hang') return;
      if (answer.fault === 'drop') return void res.destroy();
      const body =
        typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {});
      res.writeHead(answer.status ?? 200, answer.headers ?? {});
      if (answer.fault === 'cut') {
        res.write(body, () => res.destroy());
      } else {
        res.end(body);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://localhost:${port}`,
    exchange: createExchange({ ca: pair.cert }),
    ca: pair.cert,
    received,
    get answers() {
      return provider.answers;
    },
    set answers(answers) {
      provider.answers = answers;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

const OWN: { readonly [K in GatewayKind]: Omit<ConfigOf<K>, 'name' | 'origin' | 'url'> } = {
  fonnte: { kind: 'fonnte', ...common(300) },
  wablas: { kind: 'wablas', ...common(250) },
  zenziva: { kind: 'zenziva', userkey: 'u1', channel: 'whatsapp', ...common(200) },
  verihubs: { kind: 'verihubs', appId: 'app-1', ...common(400) },
  whatsapp: {
    kind: 'whatsapp',
    phoneId: '1098',
    template: 'kode_wifi',
    version: 'v23.0',
    ...common(350),
  },
  http: {
    kind: 'http',
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Key': '{secret}' },
    body: '{"to":"{to}","text":"{text}","id":"{key}"}',
    success: { statuses: [200, 202], path: 'result.state', equals: 'queued' },
    idPath: 'result.id',
    ...common(100),
  },
};

export function gatewayOf<K extends GatewayKind>(
  kind: K,
  origin: string,
  over: Partial<ConfigOf<K>> = {},
): ConfigOf<K> {
  const place = kind === 'http' ? { url: `${origin}/send` } : { origin };
  return { name: kind, ...OWN[kind], ...place, ...over } as unknown as ConfigOf<K> & GatewayConfig;
}

function common(cost: number) {
  return { secret: 'rahasia-gateway-1', cost, timeoutSeconds: 5 } as const;
}
