/**
 * Who must answer at a router's address: the board that enrolled, and with API-SSL the certificate that it showed
 * then. Asked for on every connection before anything else is read or written.
 */
import type { Router, RouterCredentials } from '../../store/types.ts';
import { printIfThere } from '../facts.ts';
import type { ConnectOptions, RouterOsConnection } from '../routeros/client.ts';
import { RouterOsError } from '../routeros/errors.ts';

type Door = Pick<ConnectOptions, 'host' | 'port' | 'user' | 'password' | 'tls'>;

/**
 * `certificate`: one that was read just now, at the first contact. Throws `ROUTER_CERTIFICATE` where TLS is asked for
 * and no certificate is known.
 */
export function doorOf(
  router: Pick<Router, 'name' | 'address' | 'apiPort'>,
  credentials: Pick<RouterCredentials, 'apiUser' | 'apiPassword' | 'apiSsl' | 'pin'>,
  certificate: string | null = credentials.pin?.certificate ?? null,
): Door {
  const { apiUser: user, apiPassword: password } = credentials;
  const door = { host: router.address, port: router.apiPort, user, password };
  if (credentials.apiSsl !== true) return door;
  if (certificate === null) {
    throw new RouterOsError(
      'ROUTER_CERTIFICATE',
      `the certificate of ${router.name} is not pinned: smartwifi router enrol ${router.name}`,
    );
  }
  return { ...door, tls: { kind: 'pinned', sha256: certificate } };
}

/** Closes the connection and throws `ROUTER_IDENTITY` when the board is not the one that enrolled. */
export async function refuseAnotherBoard(
  connection: RouterOsConnection,
  { name }: Pick<Router, 'name'>,
  { pin }: Pick<RouterCredentials, 'pin'>,
  signal?: AbortSignal,
): Promise<void> {
  if (pin === undefined) return;
  try {
    const proplist = ['serial-number'];
    const [row] = await printIfThere(connection, '/system/routerboard', {
      proplist,
      ...(signal === undefined ? {} : { signal }),
    });
    const serial = row?.['serial-number'];
    if (serial === pin.serial) return;
    const is = serial === undefined ? 'a board without a serial number' : `board ${serial}`;
    throw new RouterOsError(
      'ROUTER_IDENTITY',
      `${name} is board ${pin.serial} (${pin.board}), and ${is} answers`,
    );
  } catch (error) {
    await connection.close();
    throw error;
  }
}
