/** What the calculator of our own traffic assumes, against what goes over the wire to a twin. */
import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { askUptime, pollRouter } from '../../../../controller/poll.ts';
import { provisionRouter } from '../../../../controller/provision.ts';
import { connectRouter } from '../../../../controller/routeros/client.ts';
import { LIVENESS_PAYLOAD, VITALS_PAYLOAD } from '../../../../controller/settings/traffic.ts';
import { ADMIN } from '../../../../simulator/api/test-twin.ts';
import { twinBench } from '../twin-bench.ts';

/** Counts the octets of TCP's payload in both directions. */
async function counter(
  port: number,
): Promise<{ port: number; octets(): number } & AsyncDisposable> {
  let octets = 0;
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    sockets.push(near, far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => {
        octets += data.length;
        to.write(data);
      });
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    octets: () => octets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

it.each([
  ['one question whether it lives', askUptime, LIVENESS_PAYLOAD],
  ['one reading of its vitals', pollRouter, VITALS_PAYLOAD],
] as const)('%s is no larger than the calculator says', async (_what, ask, most) => {
  await using made = await twinBench({ version: '7.20.8', board: 'hap-ax2' });
  await provisionRouter(await made.task());
  await using count = await counter(made.twin.api.port);
  const connection = await connectRouter({
    host: '127.0.0.1',
    port: count.port,
    user: ADMIN.name,
    password: ADMIN.password,
  });
  const signal = AbortSignal.timeout(10_000);
  await ask(connection, signal);
  const before = count.octets();

  await ask(connection, signal);

  const octets = count.octets() - before;
  await connection.close();
  expect(octets).toBeGreaterThan(most / 10);
  expect(octets).toBeLessThanOrEqual(most);
});
