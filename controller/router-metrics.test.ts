import { describe, expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import type { Router } from '../store/types.ts';
import { POLL_FAILURES, type RouterSnapshot } from './poller.ts';
import { escapeLabel, type RouterMetricsOptions, renderRouterMetrics } from './router-metrics.ts';
import { ROUTER } from './test-input.ts';

const clock = steppedClock();

function snapshot(router: Router, change: Partial<RouterSnapshot> = {}): RouterSnapshot {
  const failures = Object.fromEntries(POLL_FAILURES.map((name) => [name, 0]));
  return {
    router,
    health: { state: 'up', failures: 0, firstFailureAt: null },
    reading: {
      uptimeSeconds: 3600,
      version: '7.20.8',
      board: 'hAP ax^2',
      cpuLoad: 0.25,
      clockAt: null,
      memoryFree: 1000,
      memorySize: null,
      activeSessions: 4,
      interfaces: [{ name: 'ether1', receive: 5, transmit: 6 }],
    },
    lastSuccessAt: clock.now() - 1000,
    readAt: clock.now() - 1000,
    bootAt: 1_000_000,
    pollSeconds: 0.5,
    failures: { ...(failures as RouterSnapshot['failures']), timeout: 2 },
    ...change,
  };
}

function options(
  snapshots: RouterSnapshot[],
  change: Partial<RouterMetricsOptions['store']> = {},
): RouterMetricsOptions {
  return {
    clock,
    pollSeconds: 30,
    drift: () => null,
    poller: { snapshots: () => snapshots },
    store: {
      routerTotals: async () => [
        { routerId: 'r1', inputOctets: 11, outputOctets: 22, openSessions: 1 },
      ],
      stateSeconds: async () => [{ routerId: 'r1', state: 'up', seconds: 99 }],
      currentStates: async () => [{ routerId: 'r1', state: 'up', since: 0 }],
      listVillages: async () => [],
      ...change,
    },
  };
}

const R = 'router="kayuara-01",village="16.06.01.1009",district="16.06.01"';

describe('renderRouterMetrics', () => {
  it('renders the series of a router', async () => {
    const lines = (await renderRouterMetrics(options([snapshot(ROUTER)]))).split('\n');

    expect(lines).toEqual(
      expect.arrayContaining([
        `smartwifi_router_up{${R}} 1`,
        `smartwifi_router_state{${R},state="up"} 1`,
        `smartwifi_router_state{${R},state="down"} 0`,
        `smartwifi_router_state_seconds_total{${R},state="up"} 99`,
        `smartwifi_router_active_sessions{${R}} 4`,
        `smartwifi_router_session_bytes_total{${R},direction="input"} 11`,
        `smartwifi_router_session_bytes_total{${R},direction="output"} 22`,
        `smartwifi_router_uptime_seconds{${R}} 3600`,
        `smartwifi_router_cpu_load_ratio{${R}} 0.25`,
        `smartwifi_router_boot_timestamp_seconds{${R}} 1000`,
        `smartwifi_router_poll_duration_seconds{${R}} 0.5`,
        `smartwifi_router_poll_failures_total{${R},reason="timeout"} 2`,
        `smartwifi_interface_receive_bytes_total{${R},interface="ether1"} 5`,
        `smartwifi_interface_transmit_bytes_total{${R},interface="ether1"} 6`,
        `smartwifi_router_info{${R},name="Kayuara",latitude="-2.9",longitude="103.8",model="hAP ax^2",version="7.20.8"} 1`,
      ]),
    );
  });

  it('leaves out what is unknown', async () => {
    const text = await renderRouterMetrics(options([snapshot(ROUTER)]));

    expect(text).not.toContain(`smartwifi_router_memory_size_bytes{`);
    expect(text).not.toContain(`smartwifi_config_drift{`);
  });

  it('ends gauges after three missed looks and keeps state, counters and last success', async () => {
    const stale = snapshot(ROUTER, { lastSuccessAt: clock.now() - 91_000 });

    const text = await renderRouterMetrics(options([stale]));

    expect(text).not.toMatch(/^smartwifi_router_(uptime|active|cpu|memory|poll_duration)[^{]*\{/m);
    expect(text).not.toMatch(/^smartwifi_interface_/m);
    for (const name of ['state', 'state_seconds_total', 'last_success_timestamp_seconds']) {
      expect(text).toContain(`smartwifi_router_${name}{`);
    }
  });

  it('says neither up nor down of a router of unknown state', async () => {
    const text = await renderRouterMetrics(
      options([snapshot(ROUTER)], {
        currentStates: async () => [{ routerId: 'r1', state: 'unknown', since: 0 }],
      }),
    );

    expect(text).not.toContain('smartwifi_router_up{');
  });

  it('names and types each family once, before its samples', async () => {
    const other = { ...ROUTER, id: 'r2', name: 'other' };
    const lines = (await renderRouterMetrics(options([snapshot(ROUTER), snapshot(other)]))).split(
      '\n',
    );
    const typed = lines
      .filter((line) => line.startsWith('# TYPE '))
      .map((line) => line.split(' ')[2]);

    expect(new Set(typed).size).toBe(typed.length);
    const strays = lines.filter((line, index) => {
      const family = lines.slice(0, index).findLast((one) => one.startsWith('# TYPE '));
      return !line.startsWith('#') && line !== '' && line.split('{')[0] !== family?.split(' ')[2];
    });
    expect(strays).toEqual([]);
  });

  it('escapes labels', async () => {
    const hostile = { ...ROUTER, villageName: 'Desa "A"\\\nB' };

    const text = await renderRouterMetrics(options([snapshot(hostile)]));

    expect(escapeLabel('a"b\\c\nd')).toBe('a\\"b\\\\c\\nd');
    expect(text).toContain('name="Desa \\"A\\"\\\\\\nB"');
  });

  it('renders villages', async () => {
    const village = {
      code: '16.06.01.1009',
      name: 'Kayuara',
      kind: 'kelurahan',
      districtCode: '16.06.01',
      districtName: 'Sekayu',
      regencyCode: '16.06',
      regencyName: 'Musi Banyuasin',
      provinceName: 'Sumatera Selatan',
      latitude: null,
      longitude: null,
    } as const;

    const text = await renderRouterMetrics(options([], { listVillages: async () => [village] }));

    expect(text).toContain(
      'smartwifi_village_info{village="16.06.01.1009",district="16.06.01",name="Kayuara"} 1',
    );
  });
});
