/**
 * One HTTPS request to a gateway. The certificate is always verified, redirects are not followed (a key
 * would go along), and an answer longer than any of theirs is cut off.
 */
import { request } from 'node:https';
import { SmartWifiError } from '../../lib/errors.ts';
import type { GatewayAnswer, GatewayRequest } from './gateway.ts';

export type Exchange = (
  request: GatewayRequest,
  timeoutMs: number,
) => Promise<GatewayAnswer | 'timeout' | 'unreachable'>;

const MAX_ANSWER = 65_536;

/** `ca`: certificates to trust instead of the system's. `PORTAL_GATEWAY_URL` for an address without TLS. */
export function createExchange(options: { readonly ca?: string } = {}): Exchange {
  return async ({ url, method, headers, body }, timeoutMs) => {
    const target = URL.parse(url);
    if (target?.protocol !== 'https:' || target.username !== '') {
      throw new SmartWifiError(
        'PORTAL_GATEWAY_URL',
        'the address of a gateway must begin with https:// and hold no password: see portal.otp.gateways',
      );
    }
    const { promise, resolve } = Promise.withResolvers<GatewayAnswer | 'timeout' | 'unreachable'>();
    const length = Buffer.byteLength(body);
    const sent = request(
      target,
      {
        method,
        headers: { 'User-Agent': 'smartwifi', ...headers, 'Content-Length': length },
        agent: false,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let octets = 0;
        response.on('data', (chunk: Buffer) => {
          octets += chunk.length;
          if (octets > MAX_ANSWER) response.destroy();
          else chunks.push(chunk);
        });
        // An answer that breaks off has a status, and no body that could be taken for success.
        response.on('close', () => {
          const whole = response.complete && octets <= MAX_ANSWER;
          const text = whole ? Buffer.concat(chunks).toString('utf8') : '';
          resolve({ status: response.statusCode ?? 0, body: text });
        });
        response.on('error', () => undefined);
      },
    );
    const timer = setTimeout(() => {
      resolve('timeout');
      sent.destroy();
    }, timeoutMs);
    // Once all of it is out, a connection that breaks is silence: the message may go all the same.
    sent.on('error', () => resolve(sent.writableFinished ? 'timeout' : 'unreachable'));
    sent.end(body);
    return promise.finally(() => clearTimeout(timer));
  };
}
