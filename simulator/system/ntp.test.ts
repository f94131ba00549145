import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeNtpAnswer, encodeNtpQuestion, readNtpAnswer } from './ntp-packet.ts';
import { startNtpServer } from './ntp-server.ts';

const NOW = Date.UTC(2026, 10, 24, 7, 0, 0);

it('a question has the form of RFC 5905: version 4, mode 3, time since 1900 at octet 40', () => {
  const packet = encodeNtpQuestion(Date.UTC(1970, 0, 1));

  expect(packet).toHaveLength(48);
  expect(packet[0]).toBe(0x23);
  expect(packet.readUInt32BE(40)).toBe(2_208_988_800);
});

it('the offset is what the client’s clock lacks, however wrong it stands', () => {
  const wrong = fc.integer({ min: -40 * 365 * 86_400_000, max: 5 * 365 * 86_400_000 });
  fc.assert(
    fc.property(wrong, (ms) => {
      const question = encodeNtpQuestion(NOW + ms);
      const answer = encodeNtpAnswer(question, NOW);

      const read = readNtpAnswer(answer!, question, NOW + ms);

      expect(Math.abs(read!.offsetMs + ms)).toBeLessThanOrEqual(1);
    }),
  );
});

it.each<[string, (packet: Buffer) => Buffer]>([
  ['short', (packet) => packet.subarray(0, 47)],
  ['of another mode', (packet) => Buffer.from([0x23, ...packet.subarray(1)])],
  ['of a server that has no time itself', (packet) => Buffer.from([0xe4, ...packet.subarray(1)])],
  ['of stratum 0, a refusal', (packet) => Buffer.from([0x24, 0, ...packet.subarray(2)])],
  ['to another question', (packet) => Buffer.concat([packet.subarray(0, 24), Buffer.alloc(24)])],
])('an answer %s is none', (_name, damage) => {
  const question = encodeNtpQuestion(NOW);
  const answer = encodeNtpAnswer(question, NOW)!;

  expect(readNtpAnswer(damage(answer), question, NOW)).toBeNull();
  expect(readNtpAnswer(answer, question, NOW)).not.toBeNull();
});

it('the stand-in answers questions, and nothing else', async () => {
  await using server = await startNtpServer({ host: '127.0.0.1', port: 0, now: () => NOW });
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const question = encodeNtpQuestion(NOW - 5000);

  socket.send(Buffer.from('bukan pertanyaan'), server.port, '127.0.0.1');
  socket.send(question, server.port, '127.0.0.1');
  const [packet] = (await once(socket, 'message')) as [Buffer];
  socket.close();

  expect(readNtpAnswer(packet, question, NOW - 5000)?.offsetMs).toBe(5000);
  expect(server.answered).toBe(1);
});
