import { describe, expect, it } from 'vitest';
import { connectClient, type TestClient } from '../../../simulator/api/test-client.ts';
import { factoryTree } from '../../../simulator/menu/factory.ts';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { createTwin, type Twin } from '../../../simulator/twin.ts';

const ADMIN = { name: 'admin', password: 'rahasia' };
const ADDRESS = '127.41.8.1';

async function start(tree: WritableTree): Promise<{ twin: Twin; client: TestClient }> {
  const twin = await createTwin({
    address: ADDRESS,
    apiPort: 0,
    tree,
    httpPort: 8880,
    dnsPort: 8853,
    tunnel: [],
    portMap: {},
  });
  return { twin, client: await connectClient(twin.apiPort, ADMIN, ADDRESS, ADDRESS) };
}

describe('a power cut', () => {
  it('within the time confirms a device mode, and a reboot from within does not', async () => {
    const tree = factoryTree({ deviceMode: 'home', adminPassword: ADMIN.password });
    const { twin, client } = await start(tree);
    await using _running = twin;
    client.send('/system/device-mode/update', '=mode=advanced', '.tag=u');
    await client.next();

    await twin.reboot();
    const rebooted = tree.single('/system/device-mode').mode;
    const again = await connectClient(twin.apiPort, ADMIN, ADDRESS, ADDRESS);
    again.send('/system/device-mode/update', '=mode=advanced', '.tag=u');
    await again.next();
    await twin.powerCut();

    expect(rebooted).toBe('home');
    expect(tree.single('/system/device-mode')).toMatchObject({ mode: 'advanced', hotspot: 'true' });
  });

  it('takes back what safe mode held, and takes the log and the files in memory', async () => {
    const tree = factoryTree({ board: 'hap-lite', adminPassword: ADMIN.password });
    const { twin, client } = await start(tree);
    await using _running = twin;
    await client.run('/file/add', '=name=flash/kept.txt', '=contents=a');
    await client.run('/file/add', '=name=lost.txt', '=contents=a');
    await client.run('/safe-mode/take');
    await client.run('/system/identity/set', '=name=salah');

    await twin.powerCut();
    await twin.powerOn();

    expect(tree.single('/system/identity').name).toBe('MikroTik');
    expect(tree.single('/safe-mode').enabled).toBe('false');
    expect(tree.rows('/file').map(({ values }) => values.name)).toEqual([
      'flash',
      'flash/kept.txt',
    ]);
    expect(tree.rows('/log').filter(({ values }) => /logged/.test(values.message ?? ''))).toEqual(
      [],
    );
  });
});
