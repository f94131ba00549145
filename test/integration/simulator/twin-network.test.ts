import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  answerAddresses,
  encodeAnswer,
  encodeQuery,
  RCODE,
  rcodeOf,
  readQuestion,
  TYPE,
} from '../../../simulator/dns/wire.ts';
import {
  add,
  ask,
  change,
  clear,
  DNS_PORT,
  get,
  loggedIn,
  own,
  set,
  startVillage,
  startWeb,
  type Village,
} from '../../../simulator/hotspot/test-village.ts';

const SINKHOLE = '127.10.0.2';

/** A resolver on loopback: every name is 203.0.113.7, but `blokir.test` is the sinkhole's. */
async function startResolver(address: string) {
  const seen: { name: string; from: string }[] = [];
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  socket.on('message', (query, peer) => {
    const question = readQuestion(query);
    if (question === null) return;
    seen.push({ name: question.name, from: peer.address });
    const blocked = question.name === 'blokir.test';
    const data = Buffer.from((blocked ? SINKHOLE : '203.0.113.7').split('.').map(Number));
    const answer = encodeAnswer(question, RCODE.noError, [{ type: TYPE.a, ttl: 60, data }]);
    socket.send(answer, peer.port, peer.address);
  });
  const place = `${address}:${socket.address().port}`;
  return { seen, place, [Symbol.asyncDispose]: async () => void socket.close() };
}

/** A village whose DNS server is `resolver`, named where it really listens. */
async function villageWith(resolver: { place: string }, portMap: Record<string, string> = {}) {
  return startVillage({
    portMap: { '127.10.0.1:53': resolver.place, ...portMap },
    prepare: (tree) => set(tree, '/ip/dns', { servers: '127.10.0.1' }),
  });
}

async function lookUp(
  village: Village,
  phone: string,
  name: string,
  type = TYPE.a,
): Promise<Buffer> {
  const socket = createSocket('udp4');
  socket.bind(0, phone);
  await once(socket, 'listening');
  socket.send(encodeQuery(77, name, type), DNS_PORT, village.gateway);
  const [reply] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return reply;
}

describe('names on the LAN', () => {
  it('come from static rows, from the router itself, or from the servers by its own address', async () => {
    await using resolver = await startResolver('127.0.0.1');
    await using village = await villageWith(resolver);
    const ip = await loggedIn(village);

    const canary = await lookUp(village, ip, 'a.canary.test');
    const login = await lookUp(village, ip, 'login.desa.test');
    const first = await lookUp(village, ip, 'desa.test');
    const again = await lookUp(village, ip, 'DESA.test');

    expect(rcodeOf(canary)).toBe(RCODE.nameError);
    expect(answerAddresses(login)).toEqual([village.gateway]);
    expect(answerAddresses(first)).toEqual(['203.0.113.7']);
    expect(answerAddresses(again)).toEqual(['203.0.113.7']);
    expect(resolver.seen).toEqual([{ name: 'desa.test', from: village.place.router }]);
  });

  it('are served over TCP too', async () => {
    await using village = await startVillage();
    const query = encodeQuery(9, 'canary.test', TYPE.a);
    const socket = connect({ host: village.gateway, port: DNS_PORT });

    socket.write(Buffer.concat([Buffer.from([0, query.length]), query]));
    const [reply] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();

    expect(reply.readUInt16BE(0)).toBe(reply.length - 2);
    expect(rcodeOf(reply.subarray(2))).toBe(RCODE.nameError);
  });

  it('lead a phone to the sinkhole where they are blocked', async () => {
    await using resolver = await startResolver('127.0.0.1');
    await using block = await startWeb('127.0.0.1', 0, () => 'HTTP/1.1 200 OK\r\n\r\ndiblokir');
    await using village = await villageWith(resolver, {
      [`${SINKHOLE}:80`]: `127.0.0.1:${block.port}`,
    });
    const ip = await loggedIn(village);

    const page = await ask(village.gateway, ip, get('http://blokir.test/'));

    expect(page.text).toContain('diblokir');
    expect(block.requests[0]?.head).toContain('Host: blokir.test');
  });

  it('stay unknown when the router serves no DNS, and the phone gets nowhere', async () => {
    await using resolver = await startResolver('127.0.0.1');
    await using village = await villageWith(resolver);
    const ip = await loggedIn(village);
    set(village.tree, '/ip/dns', { 'allow-remote-requests': 'no' });

    const page = await ask(village.gateway, ip, get('http://desa.test/'));
    const answer = await village.twin.askDns(ip, village.gateway, encodeQuery(1, 'desa.test', 1));

    expect(page.received).toBe(0);
    expect(answer).toBeNull();
    expect(resolver.seen).toEqual([]);
  });

  it('asked of a foreign server end at the router only while NAT redirects them', async () => {
    await using ours = await startResolver('127.0.0.1');
    await using foreign = await startResolver('127.0.0.1');
    await using village = await villageWith(ours, { '8.8.8.8:53': foreign.place });
    const ip = await loggedIn(village);

    const redirected = await village.twin.askDns(ip, '8.8.8.8', encodeQuery(1, 'a.test', 1));
    clear(village.tree, '/ip/firewall/nat');
    const direct = await village.twin.askDns(ip, '8.8.8.8', encodeQuery(1, 'b.test', 1));

    expect(answerAddresses(redirected!)).toEqual(['203.0.113.7']);
    expect(ours.seen.map(({ name }) => name)).toEqual(['a.test']);
    expect(answerAddresses(direct!)).toEqual(['203.0.113.7']);
    expect(foreign.seen).toEqual([{ name: 'b.test', from: ip }]);
  });

  it('answer SERVFAIL when no server does', async () => {
    await using village = await startVillage({
      prepare: (tree) => set(tree, '/ip/dns', { servers: '9.9.9.9' }),
    });

    const answer = await lookUp(village, '127.0.0.1', 'desa.test');

    expect(rcodeOf(answer)).toBe(RCODE.serverFailure);
  });
});

describe('the way out', () => {
  it('is masqueraded to the WAN and un-NATed into the tunnel, as the rows say', async () => {
    await using village = await startVillage();
    const { tree, place, gateway } = village;
    await using portal = await startWeb(place.server, 80, () => 'HTTP/1.1 200 OK\r\n\r\np');
    const ip = await loggedIn(village);

    await ask(gateway, ip, get(`http://${place.server}/`));
    change(tree, '/ip/firewall/nat', { chain: 'srcnat' }, { 'out-interface-list': 'sw-MGMT' });
    await ask(gateway, ip, get(`http://${place.server}/`));

    expect(portal.requests.map(({ from }) => from)).toEqual([ip, place.router]);
  });

  it('to the portal is shut by the tunnel drop when its exception is missing', async () => {
    await using village = await startVillage();
    const { tree, place, gateway, twin } = village;
    await using portal = await startWeb(place.server, 80, () => 'HTTP/1.1 200 OK\r\n\r\np');
    const ip = twin.attach({ mac: '02:00:00:00:00:01' })?.ip ?? '';

    change(tree, '/ip/firewall/filter', { comment: 'portal' }, { disabled: 'yes' });
    const page = await ask(gateway, ip, get(`http://${place.server}/`));

    expect(page).toMatchObject({ received: 0 });
    expect(portal.requests).toEqual([]);
  });

  it('is shut when answers may not come back', async () => {
    await using village = await startVillage();
    await using _web = await startWeb(village.place.wan, 8080, () => 'HTTP/1.1 200 OK\r\n\r\nx');
    const ip = await loggedIn(village);
    change(
      village.tree,
      '/ip/firewall/filter',
      { chain: 'forward', 'connection-state': 'established,related,untracked' },
      { disabled: 'yes' },
    );

    const page = await ask(village.gateway, ip, get('http://8.8.8.8/'));

    expect(page.received).toBe(0);
  });

  it('is reset where a rule rejects', async () => {
    await using village = await startVillage();
    const ip = await loggedIn(village);
    const first = village.tree.rows('/ip/firewall/filter').at(0)?.id ?? '';
    const rule = {
      chain: 'forward',
      action: 'reject',
      'reject-with': 'tcp-reset',
      protocol: 'tcp',
      'dst-port': '853',
    };
    village.tree.add('/ip/firewall/filter', new Map(Object.entries(rule)), { placeBefore: first });

    const answer = await ask(village.gateway, ip, 'CONNECT 8.8.8.8:853 HTTP/1.1\r\n\r\n');

    expect(answer).toMatchObject({ reset: true, received: 0 });
  });

  it('shows in the octets of the interfaces', async () => {
    await using village = await startVillage();
    const { tree, place, gateway } = village;
    await using _web = await startWeb(
      place.wan,
      8080,
      () => `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(5000)}`,
    );
    const ip = await loggedIn(village);

    const page = await ask(gateway, ip, get('http://8.8.8.8/'));
    const octets = (name: string) => {
      const row = tree.rows('/interface').find(({ values }) => values.name === name);
      const printed = tree.printed('/interface', row!);
      return { rx: Number(printed['rx-byte']), tx: Number(printed['tx-byte']) };
    };

    expect(octets('ether1')).toEqual({ rx: page.received, tx: page.sent });
    expect(octets('br-hotspot')).toEqual({ rx: page.sent, tx: page.received });
  });
});

describe('the LAN', () => {
  it('has leases from the pool, the same for the same phone, and none when it is full', async () => {
    await using village = await startVillage({
      prepare: (tree, { lan }) =>
        change(tree, '/ip/pool', { name: 'sw-pool' }, { ranges: `${lan}.10-${lan}.11` }),
    });
    const { twin, tree } = village;

    const first = twin.attach({ mac: '02:00:00:00:00:01' });
    const second = twin.attach({ mac: '02-00-00-00-00-02' });
    const third = twin.attach({ mac: '02:00:00:00:00:03' });
    const again = twin.attach({ mac: '02:00:00:00:00:01' });
    await new Promise((resolve) => setImmediate(resolve));

    expect(second?.ip).not.toBe(first?.ip);
    expect(third).toBeNull();
    expect(again).toEqual(first);
    expect(tree.rows('/ip/dhcp-server/lease')).toHaveLength(2);
  });

  it('keeps an address for the phone of a static lease, and lets nobody in who is blocked', async () => {
    await using village = await startVillage();
    const { twin, tree, place } = village;
    const path = '/ip/dhcp-server/lease';
    const office = '02:00:00:00:00:0F';
    const lease = { server: 'sw-dhcp', address: `${place.lan}.10` };
    const id = add(tree, path, { ...lease, 'mac-address': office });
    const barred = { ...lease, address: `${place.lan}.11`, 'block-access': 'yes' };
    add(tree, path, { ...barred, 'mac-address': '02:00:00:00:00:0E' });

    const guest = twin.attach({ mac: '02:00:00:00:00:01' });
    const waiting = tree.printed(path, tree.find(path, id)!).status;
    const kept = twin.attach({ mac: office });
    const blocked = twin.attach({ mac: '02:00:00:00:00:0E' });
    await new Promise((resolve) => setImmediate(resolve));
    const rows = tree.rows(path).map((row): Record<string, string> => {
      return { ...tree.printed(path, row), id: row.id };
    });

    expect(guest?.ip).not.toBe(`${place.lan}.10`);
    expect(waiting).toBe('waiting');
    expect(kept?.ip).toBe(`${place.lan}.10`);
    expect(blocked).toBeNull();
    expect(rows.find((row) => row.id === id)).toMatchObject({
      status: 'bound',
      dynamic: 'false',
      'active-address': `${place.lan}.10`,
      'active-mac-address': office,
      'active-server': 'sw-dhcp',
      'expires-after': expect.stringMatching(/^\d/),
    });
    expect(rows.filter(({ dynamic }) => dynamic === 'true')).toMatchObject([
      { address: guest?.ip, 'mac-address': '02:00:00:00:00:01', status: 'bound' },
    ]);
  });

  it('gives none without an enabled server', async () => {
    await using village = await startVillage();
    for (const { id } of village.tree.rows('/ip/dhcp-server')) {
      village.tree.set('/ip/dhcp-server', [id], new Map([['disabled', 'yes']]));
    }

    expect(village.twin.attach({ mac: '02:00:00:00:00:01' })).toBeNull();
  });

  it('moves its listeners with the hotspot address', async () => {
    await using village = await startVillage();
    const { tree, twin, place } = village;
    add(tree, '/ip/address', { address: `${place.lan}.2/24`, interface: 'br-hotspot' });
    change(
      tree,
      '/ip/hotspot/profile',
      { name: 'sw-prof' },
      { 'hotspot-address': `${place.lan}.2` },
    );
    await twin.settled();

    const moved = await ask(`${place.lan}.2`, '127.0.0.1', own('/login'));
    const gone = await ask(`${place.lan}.1`, '127.0.0.1', own('/login'));

    expect(moved.text).toContain('200 OK');
    expect(gone).toMatchObject({ reset: true, received: 0 });
  });
});
