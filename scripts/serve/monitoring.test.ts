import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Monitoring, startMonitoring } from './monitoring.ts';

let monitoring: Monitoring;
let checks: Record<string, boolean>;
let page: () => Promise<string>;

beforeEach(async () => {
  checks = { store: true, roles: true };
  page = () => Promise.resolve('smartwifi_test_total 1\n');
  monitoring = await startMonitoring({
    listen: { host: '127.0.0.1', port: 0 },
    log: pino({ level: 'silent' }),
    page: () => page(),
    checks: () => Promise.resolve(checks),
  });
});
afterEach(() => monitoring[Symbol.asyncDispose]());

const get = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`http://127.0.0.1:${monitoring.port}${path}`, init);

it('gives Prometheus the page, compressed for those who ask', async () => {
  const response = await get('/metrics', { headers: { 'Accept-Encoding': 'gzip' } });

  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(await response.text()).toBe('smartwifi_test_total 1\n');
});

it('is healthy while the process answers', async () => {
  expect((await get('/healthz')).status).toBe(200);
});

it('is ready only while every check holds, and says which one does not', async () => {
  const ready = await get('/readyz');
  checks.roles = false;
  const unready = await get('/readyz');

  expect(ready.status).toBe(200);
  expect(unready.status).toBe(503);
  expect(await unready.json()).toEqual({ ready: false, checks: { store: true, roles: false } });
});

it('answers 500 when the page fails, and lives on', async () => {
  page = () => Promise.reject(new Error('a thread is gone'));

  expect((await get('/metrics')).status).toBe(500);
  expect((await get('/healthz')).status).toBe(200);
});

it.each([
  ['GET', '/', 404],
  ['POST', '/metrics', 405],
])('answers %s %s with %i', async (method, path, status) => {
  expect((await get(path, { method })).status).toBe(status);
});
