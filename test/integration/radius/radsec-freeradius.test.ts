/** RADIUS over TLS with a real FreeRADIUS as the client, which speaks as the router of its certificate. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Code } from '../../../radius/attributes.ts';
import { decodePacket, textOf } from '../../../radius/codec.ts';
import {
  accessRequest,
  accountingRequest,
  MAC,
  NAS_SECRET,
  seedVoucher,
} from '../../../radius/radius.fixture.ts';
import { createAuthority } from '../../fixtures/certificates.ts';
import { freeUdpPort, radiusdConf, startFreeRadius } from '../../fixtures/freeradius.ts';
import { installed } from '../../fixtures/installed.ts';
import { counted, HOST, type NasSocket, radiusStand } from '../../fixtures/radius-stand.ts';

const hasOpenssl = await installed('openssl', 'openssl', ['version']);
const hasFreeRadius = await installed('freeradius', 'freeradius', ['-v']);

const SECRET = 'radsec';
const RETRANSMIT_MS = 3000;
const CONNECTIONS = 'smartwifi_radius_radsec_connections';

it.skipIf(!(hasOpenssl && hasFreeRadius))('FreeRADIUS reaches us over TLS', async () => {
  await using stand = await radiusStand({ routerAddress: '127.0.0.2' });
  const authority = await createAuthority(stand.folder, 'desa-digital');
  const own = await authority.issue('server', { commonName: 'radius.wifi.home.arpa' });
  const router = await authority.issue('router', { commonName: 'rt-teladan' });
  const listen = { host: HOST, port: 0 };
  const server = await stand.serve({ radsec: { listen, ...own, caFile: authority.certFile } });
  const voucher = await seedVoucher(stand.store, 'G');
  const [authPort, acctPort] = [await freeUdpPort(), await freeUdpPort()];
  const directory = join(stand.folder, 'freeradius-tls');
  const conf = radiusdConf(
    directory,
    `
proxy_requests = yes
client nas {
  ipaddr = 127.0.0.1
  secret = ${NAS_SECRET}
}
proxy server {
}
home_server smartwifi {
  type = auth+acct
  ipaddr = ${HOST}
  port = ${server.radsec!.port}
  proto = tcp
  secret = ${SECRET}
  response_window = 5
  zombie_period = 5
  tls {
    private_key_file = ${router.keyFile}
    certificate_file = ${router.certFile}
    ca_file = ${authority.certFile}
    tls_min_version = "1.3"
    tls_max_version = "1.3"
  }
}
home_server_pool smartwifi {
  home_server = smartwifi
}
realm smartwifi {
  auth_pool = smartwifi
  acct_pool = smartwifi
}
server front {
  listen {
    type = auth
    ipaddr = ${HOST}
    port = ${authPort}
  }
  listen {
    type = acct
    ipaddr = ${HOST}
    port = ${acctPort}
  }
  authorize {
    update control {
      &Proxy-To-Realm := "smartwifi"
    }
  }
  preacct {
    update control {
      &Proxy-To-Realm := "smartwifi"
    }
  }
  pre-proxy {
    if (&Packet-Type == Access-Request) {
      update proxy-request {
        &Message-Authenticator := 0x00
      }
    }
  }
}
`,
  );
  await using _ = await startFreeRadius(directory, { 'radiusd.conf': conf });
  const nas = await stand.nas();
  const { code } = voucher;
  const accounting = accountingRequest([
    ['Acct-Status-Type', 1],
    ['Acct-Session-Id', '80000077'],
    ['User-Name', 'x'],
    ['Calling-Station-Id', MAC],
  ]);

  const login = accessRequest({ username: code, password: code }).bytes;
  const accepted = decodePacket(await askAgain(nas, login, authPort));
  const accounted = decodePacket(await askAgain(nas, accounting, acctPort));

  expect(accepted.code).toBe(Code.accessAccept);
  expect(textOf(accepted, 'Class')).toMatch(/^[0-9a-f-]{36}$/);
  expect(accounted.code).toBe(Code.accountingResponse);
  expect(await counted(server.metrics, CONNECTIONS)).toBe(1);
});

/** As a NAS asks: again, until it is answered. Its FreeRADIUS forgets what came while it was still connecting. */
async function askAgain(nas: NasSocket, packet: Buffer, port: number): Promise<Buffer> {
  const again = setInterval(() => nas.socket.send(packet, port, HOST), RETRANSMIT_MS);
  try {
    return await nas.ask(packet, port);
  } finally {
    clearInterval(again);
  }
}
