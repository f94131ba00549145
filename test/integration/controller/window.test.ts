/** A whole controller on a store: what a village says of its maintenance window holds for all that changes its router. */
import { expect, it } from 'vitest';
import { startController } from '../../../controller/role.ts';
import { connectRouter } from '../../../controller/routeros/client.ts';
import { factoryMenus, SETTINGS } from '../../../controller/test-input.ts';
import { testRouter } from '../../../controller/test-router.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { createMetrics, renderMetrics } from '../../../lib/metrics.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';

const SOON = { timeout: 30_000, interval: 20 };

it('a router is changed in its window alone, but seen, and mended where safety hangs on it', {
  timeout: 120_000,
}, async () => {
  await using router = await testRouter({
    ...factoryMenus(),
    '/system/resource': [{ uptime: '1h', version: '7.20.8 (stable)' }],
  });
  await using engine = await ENGINES[0]!.open();
  const { store } = engine;
  await store.importVillages({ villages: [village], at: AT });
  const door = { address: '127.0.0.1', apiPort: router.port, apiPassword: 'admin-pw' };
  await store.addRouter({ ...newRouter, ...door });
  const window = { level: 'village', code: village.code, name: 'maintenance.hours' } as const;
  const set = (name: string, value: string) =>
    store.setSetting({ ...window, name, value, secret: false, at: AT });
  await set('maintenance.hours', 'closed');
  const metrics = createMetrics();
  await using _controller = await startController({
    ...{ store, settings: SETTINGS, clock: realClock, metrics },
    ...{ log: createLogger('test', 'silent'), random: () => 0, within: () => true },
    ...{ pollSeconds: 0.05, driftSeconds: 0.1, gatherMs: 5, connect: connectRouter },
  });
  const provisioning = async () => (await store.listRouters())[0]!.provisioning;
  const jobs = async () =>
    (await store.listJobs({})).filter(({ kind }) => kind === 'apply').map(({ state }) => state);
  const menu = (path: string) => router.model.menus.get(path)![0]!;

  // One that is new waits for no window.
  await expect.poll(provisioning, SOON).toBe('applied');

  // Harmless: stays. Not harmless: undone at once.
  menu('/system/identity').name = 'kantor desa';
  menu('/snmp').enabled = 'true';
  await expect.poll(() => menu('/snmp').enabled, SOON).not.toBe('true');
  await expect.poll(provisioning, SOON).toBe('drifted');
  expect(menu('/system/identity').name).toBe('kantor desa');

  await set('wifi.ssid', 'Desa Maju');
  await set('time.ntp-servers', '192.0.2.7');
  await expect.poll(jobs, SOON).toEqual(['waiting']);
  await expect
    .poll(async () => await renderMetrics([await metrics.json()]), SOON)
    .toMatch(/^smartwifi_controller_job_oldest_waiting_seconds\{kind="apply"\} [3-9]/m);
  expect(await jobs()).toEqual(['waiting']);
  const servers = () => JSON.stringify(router.model.menus.get('/system/ntp/client/servers'));
  expect(servers()).not.toContain('192.0.2.7');

  await store.unsetSetting(window);
  await expect.poll(servers, SOON).toContain('192.0.2.7');
  await expect.poll(provisioning, SOON).toBe('applied');
  expect(menu('/system/identity').name).not.toBe('kantor desa');
});
