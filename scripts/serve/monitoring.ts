/** `/metrics`, `/healthz` and `/readyz` for Prometheus and for whoever restarts the service. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGzip, constants as zlib } from 'node:zlib';
import { errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { HostPort } from '../../lib/net.ts';

export interface MonitoringOptions {
  readonly listen: HostPort;
  readonly log: Logger;
  /** The exposition page, text format 0.0.4. */
  page(): Promise<string>;
  /** Named checks; not ready while one is false. */
  checks(): Promise<Readonly<Record<string, boolean>>>;
}

export interface Monitoring extends AsyncDisposable {
  readonly port: number;
}

export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.log.error(
        { code: 'METRICS_FAILED', reason: errorMessage(error) },
        'metrics page failed',
      );
      response.writeHead(500).end();
    });
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.listen.port, options.listen.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  options: MonitoringOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').replace(/\?.*$/, '');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  switch (path) {
    case '/metrics':
      sendPage(request, response, await options.page());
      return;
    case '/healthz':
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok\n');
      return;
    case '/readyz': {
      const checks = await options.checks();
      const ready = Object.values(checks).every(Boolean);
      response.writeHead(ready ? 200 : 503, { 'Content-Type': 'application/json' });
      response.end(`${JSON.stringify({ ready, checks })}\n`);
      return;
    }
    default:
      response
        .writeHead(404, { 'Content-Type': 'text/plain' })
        .end('see /metrics, /healthz, /readyz\n');
  }
}

function sendPage(request: IncomingMessage, response: ServerResponse, page: string): void {
  response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    response.end(page);
    return;
  }
  response.setHeader('Content-Encoding', 'gzip');
  const gzip = createGzip({ level: zlib.Z_BEST_SPEED });
  gzip.pipe(response);
  gzip.end(page);
}
