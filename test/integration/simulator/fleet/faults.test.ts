/** Each fault of `simulate routers --fault` as our own client meets it. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ConnectOptions, connectRouter } from '../../../../controller/routeros/client.ts';
import { type FaultPlan, parseFaults } from '../../../../simulator/fleet/faults.ts';
import { simulateRouters } from '../../../../simulator/fleet/routers.ts';
import { cliIn } from '../../scripts/cli.fixture.ts';

const open: AsyncDisposable[] = [];
let port = 20_000 + (process.pid % 10_000) * 2;

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function routerWith(faults: string, tls = false): Promise<{ host: string; port: number }> {
  port += 1;
  const plan = parseFaults(faults.split(',')) as FaultPlan;
  const running = await simulateRouters({
    ...{ count: 1, apiPort: port, addressBase: `127.66.${process.pid % 250}.1`, tls },
    ...{ user: 'ops', password: 'rahasia', faults: plan },
  });
  open.push(running);
  const { address, apiPort } = running.routers[0]!;
  return { host: address, port: apiPort };
}

async function client(faults: string, change: Partial<ConnectOptions> = {}) {
  const where = await routerWith(faults);
  const connection = await connectRouter({
    ...{ ...where, user: 'ops', password: 'rahasia', connectTimeoutMs: 20_000 },
    ...change,
  });
  open.push({ [Symbol.asyncDispose]: () => connection.close() });
  return { connection, where };
}

const added = (name: string) => ({ name, ranges: '10.0.0.1-10.0.0.9' });

describe('a router with a fault', () => {
  it('takes as long as its link does', async () => {
    const { connection } = await client('latency=150');
    const begun = performance.now();

    await connection.run('/system/identity/print');

    expect(performance.now() - begun).toBeGreaterThanOrEqual(145);
  });

  it.each([
    ['rst=2', 'ROUTER_LOST'],
    ['cut=2', 'ROUTER_LOST'],
    ['half-open=2', 'ROUTER_TIMEOUT'],
  ])('%s is gone at its second write', async (fault, code) => {
    const { connection } = await client(fault, { commandTimeoutMs: 500 });
    await connection.run('/ip/pool/add', added('one'));

    const second = connection.run('/ip/pool/add', added('two'));

    await expect(second).rejects.toMatchObject({ code });
  });

  it('truncated breaks off within a sentence', async () => {
    const { connection } = await client('truncated=400', { commandTimeoutMs: 5000 });

    const printed = connection.run('/interface/print');

    await expect(printed).rejects.toMatchObject({ code: 'ROUTER_LOST' });
  });

  it('slow-reader and loss lose nothing', async () => {
    const { connection } = await client('slow-reader,loss=20,latency=5');

    const rows = await connection.run('/ip/service/print');

    expect(rows.length).toBeGreaterThan(3);
  });

  it('full-flash refuses files', async () => {
    const { connection } = await client('full-flash=2000');

    const [resource] = await connection.run('/system/resource/print');

    expect(Number(resource!['free-hdd-space'])).toBeLessThanOrEqual(2000);
  });

  it('clock-behind tells yesterday', async () => {
    const { connection } = await client('clock-behind=48');

    const [clock] = await connection.run('/system/clock/print');

    const at = Date.parse(`${clock!.date}T${clock!.time}${clock!['gmt-offset']}`);
    expect(Math.abs(Date.now() - 48 * 3_600_000 - at)).toBeLessThan(60_000);
  });

  it('hand-edit loses a row that somebody took away', async () => {
    const { connection } = await client('hand-edit=1');
    const list = { list: 'ours', address: '10.1.1.1', comment: 'sw:one' };
    await connection.run('/ip/firewall/address-list/add', list);
    const isEdited = async (): Promise<boolean> => {
      const rows = await connection.run('/ip/firewall/address-list/print');
      return rows.every((row) => row.list !== 'ours' || row.disabled === 'true');
    };

    expect(await isEdited()).toBe(false);
    await vi.waitUntil(isEdited, { timeout: 20_000, interval: 50 });
  });

  it('saturated answers late, over what thirty phones leave of its link', async () => {
    const { connection } = await client('saturated', { commandTimeoutMs: 60_000 });
    const begun = performance.now();

    const rows = await connection.run('/system/identity/print');

    expect(rows).toHaveLength(1);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(590);
  });

  it('knows by its own address who speaks to it over the link', async () => {
    const { connection } = await client('latency=1', { localAddress: '127.9.9.9' });

    const active = await connection.run('/user/active/print');

    expect(active).toMatchObject([{ address: '127.9.9.9' }]);
  });

  it('stands behind TLS as well', async () => {
    const where = await routerWith('latency=100', true);
    const connection = await connectRouter({
      ...{ ...where, user: 'ops', password: 'rahasia', tls: { kind: 'anonymous' } },
      connectTimeoutMs: 20_000,
    });
    open.push({ [Symbol.asyncDispose]: () => connection.close() });

    await expect(connection.run('/system/identity/print')).resolves.toHaveLength(1);
  });
});

describe('simulate routers', () => {
  it.each([
    ['nonsense', 'there is no fault nonsense; there are lost-stop, accounting-off'],
    ['loss=200', 'loss=PERCENT takes a whole number from 1 to 90'],
    ['latency,lost-stop=3', 'lost-stop takes no value'],
  ])('refuses --fault %s as a usage error, and says what there is', async (fault, text) => {
    const args = ['simulate', 'routers', '--count', '1', '--api-port', '9000', '--fault', fault];

    const { code, err } = await cliIn('.').run(...args);

    expect(code).toBe(2);
    expect(err).toContain(text);
  });
});
