/** One question to an upstream over TCP (RFC 7766), for answers that did not fit into a datagram. */
import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { errorMessage } from '../../lib/errors.ts';
import { FilterError } from '../errors.ts';
import { parseResponse, type Response } from './message.ts';
import { answers, type UpstreamAddress } from './udp-channel.ts';

/** `FILTER_UPSTREAM_TIMEOUT`, `FILTER_UPSTREAM_UNREACHABLE`, `FILTER_MESSAGE_MALFORMED`. */
export async function exchangeOverTcp(
  upstream: UpstreamAddress,
  query: Uint8Array,
  timeoutMs: number,
): Promise<Response> {
  const framed = Buffer.alloc(2 + query.length);
  framed.writeUInt16BE(query.length, 0);
  framed.set(query, 2);
  const id = randomInt(0x1_0000);
  framed.writeUInt16BE(id, 2);
  const response = parseResponse(await roundTrip(upstream, framed, timeoutMs));
  if (response.id !== id || !answers(response, query, false)) {
    throw new FilterError('FILTER_UPSTREAM_FAILED', 'the answer belongs to another question');
  }
  return response;
}

async function roundTrip(
  upstream: UpstreamAddress,
  framed: Buffer,
  timeoutMs: number,
): Promise<Uint8Array> {
  const where = `${upstream.host}:${upstream.port}`;
  const signal = AbortSignal.timeout(timeoutMs);
  const socket = connect({ host: upstream.host, port: upstream.port, signal });
  try {
    socket.write(framed);
    let received = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      if (received.length < 2) continue;
      const length = received.readUInt16BE(0);
      if (received.length >= 2 + length) return received.subarray(2, 2 + length);
    }
  } catch (error) {
    if (signal.aborted) {
      throw new FilterError('FILTER_UPSTREAM_TIMEOUT', `upstream ${where} did not answer`);
    }
    throw new FilterError('FILTER_UPSTREAM_UNREACHABLE', `${where}: ${errorMessage(error)}`, {
      cause: error,
    });
  } finally {
    socket.destroy();
  }
  throw new FilterError('FILTER_UPSTREAM_UNREACHABLE', `upstream ${where} closed the connection`);
}
