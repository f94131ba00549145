/** A citizen at the router of a stand: is led to the portal, comes back with a token, and is let in by RADIUS. */

import { realClock } from '../../../lib/clock.ts';
import { phoneMac } from '../../../simulator/fleet/mac.ts';
import { type RadiusPeer, SECRET, startRadius } from '../../../simulator/nas/test-peer.ts';
import { createPhone } from '../../../simulator/phones/phone.ts';
import { type ApplyStand, STAND_HTTP_PORT, type StandOptions } from './apply-stand.ts';

const REQUEST = 1;
const ACCEPT = 2;
const REJECT = 3;
const RESPONSE = 5;
const USER_NAME = 1;
const TOKEN_NAME = 'sw-uji';

export interface Citizens extends AsyncDisposable {
  /** What a stand needs so that phones can log in there; each has a LAN of its own. */
  options(): StandOptions;
  /** What a phone finds wrong that comes to this router now; nothing, when it is online and off again. */
  visit(stand: ApplyStand): Promise<string[]>;
}

export async function citizens(): Promise<Citizens> {
  const net = `127.${90 + (process.pid % 60)}.${process.pid % 251}`;
  const server = `${net}.253`;
  const radius: RadiusPeer = await startRadius(server);
  // A phone by its MAC alone is nobody's: it must log in.
  radius.decide = (packet) => {
    if (packet.code !== REQUEST) return { code: RESPONSE };
    return { code: packet.text(USER_NAME) === TOKEN_NAME ? ACCEPT : REJECT };
  };
  let stands = 0;
  let phones = 0;
  return {
    options: () => {
      stands += 1;
      const lan = `127.${160 + (process.pid % 60)}.${stands % 256}`;
      return {
        nasSecret: SECRET,
        // The source of its RADIUS packets; of a real router the enrolment has made it.
        prepare: (tree) => {
          tree.add(
            '/ip/address',
            new Map([
              ['address', '127.0.0.1/32'],
              ['interface', 'ether1'],
            ]),
          );
        },
        phones: {
          ...{ lanSubnet: `${lan}.0/24`, hotspotAddress: `${lan}.1` },
          portMap: { '10.255.0.1:1812': `${server}:1812`, '10.255.0.1:1813': `${server}:1813` },
        },
      };
    },
    visit: async ({ twin, tree, row }) => {
      phones += 1;
      await twin.settled();
      const phone = createPhone({
        ...{ mac: phoneMac(7, phones), kind: 'android', clock: realClock, twin },
        ...{ httpPort: STAND_HTTP_PORT, dnsPort: 8853 },
      });
      if ((await phone.join()) === null) return ['no address'];
      const gateway = row().hotspotAddress;
      // An address, so that no name need be known: every request is led to the login page.
      const lead = await phone.fetch(`http://${gateway}/`);
      const active = (): number => tree.rows('/ip/hotspot/active').length;
      const login = `http://${gateway}/login?username=${TOKEN_NAME}&password=kunci`;
      const before = active();
      await phone.fetch(login);
      const inside = active();
      await phone.fetch(`http://${gateway}/logout`);
      const after = active();
      await phone.leave();
      return [
        ...(lead.status === 200 || lead.status === 302 ? [] : [`no login page: ${lead.status}`]),
        ...(inside === before + 1 ? [] : ['a login that RADIUS accepts lets nobody in']),
        ...(after === before ? [] : ['log-out does not end the session']),
      ];
    },
    [Symbol.asyncDispose]: () => radius[Symbol.asyncDispose](),
  };
}
