import { describe, expect, it } from 'vitest';
import type { RouterCredentials } from '../../store/types.ts';
import type { RouterOsConnection } from '../routeros/client.ts';
import { RouterTrap } from '../routeros/errors.ts';
import { doorOf, refuseAnotherBoard } from './identity.ts';

const ROUTER = { name: 'rt-1', address: '10.255.0.2', apiPort: 8729 };
const PIN = { serial: 'HEX1', board: 'hEX', certificate: 'aa'.repeat(32) };
const LOGIN = { apiUser: 'u', apiPassword: 'p' };
const DOOR = { host: '10.255.0.2', port: 8729, user: 'u', password: 'p' };

describe('doorOf', () => {
  it('asks for the pinned certificate with API-SSL, and for none without', () => {
    expect(doorOf(ROUTER, { ...LOGIN, pin: PIN })).toEqual(DOOR);
    expect(doorOf(ROUTER, { ...LOGIN, apiSsl: true, pin: PIN })).toEqual({
      ...DOOR,
      tls: { kind: 'pinned', sha256: PIN.certificate },
    });
  });

  it('is shut while no certificate is pinned, unless one was read just now', () => {
    const bare: Pick<RouterCredentials, 'apiUser' | 'apiPassword' | 'apiSsl'> = {
      ...LOGIN,
      apiSsl: true,
    };

    expect(() => doorOf(ROUTER, bare)).toThrow(
      expect.objectContaining({ code: 'ROUTER_CERTIFICATE' }),
    );
    expect(() => doorOf(ROUTER, { ...bare, pin: { ...PIN, certificate: null } })).toThrow(
      expect.objectContaining({ code: 'ROUTER_CERTIFICATE' }),
    );
    expect(doorOf(ROUTER, bare, 'bb').tls).toEqual({ kind: 'pinned', sha256: 'bb' });
  });
});

describe('refuseAnotherBoard', () => {
  const answering = (run: RouterOsConnection['run']) => {
    let closed = 0;
    const connection = {
      run,
      close: async () => {
        closed += 1;
      },
    } as unknown as RouterOsConnection;
    return { connection, closed: () => closed };
  };
  const board = (serial: string) => answering(async () => [{ 'serial-number': serial }]);

  it('lets the pinned board in, and any where none is pinned', async () => {
    const own = board('HEX1');
    await refuseAnotherBoard(own.connection, ROUTER, { pin: PIN });
    await refuseAnotherBoard(board('HEX2').connection, ROUTER, {});

    expect(own.closed()).toBe(0);
  });

  it.each([
    ['another board', board('HEX2'), 'board HEX2 answers'],
    ['one without a number', answering(async () => []), 'without a serial number answers'],
    [
      'one without that menu',
      answering(() => Promise.reject(new RouterTrap(['no such command'], 0))),
      'without a serial number answers',
    ],
  ])('closes the door to %s', async (_who, { connection, closed }, says) => {
    await expect(refuseAnotherBoard(connection, ROUTER, { pin: PIN })).rejects.toMatchObject({
      code: 'ROUTER_IDENTITY',
      message: expect.stringContaining(says),
    });
    expect(closed()).toBe(1);
  });
});
