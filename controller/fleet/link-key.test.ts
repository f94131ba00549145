import { describe, expect, it } from 'vitest';
import type { SettingRow } from '../../settings/resolve.ts';
import { ROUTER } from '../test-input.ts';
import { linkKey, linkSettings } from './link-key.ts';

const row = (name: string, value: string): SettingRow => ({
  level: 'district',
  code: ROUTER.districtCode,
  name,
  value,
});

describe('linkKey', () => {
  it('is one for routers that share a link, else the own of each', () => {
    const shared = [row('link.name', 'vsat lalan')];

    expect(linkKey(ROUTER, shared)).toBe('link:vsat lalan');
    expect(linkKey({ ...ROUTER, id: 'r2' }, shared)).toBe('link:vsat lalan');
    expect(linkKey({ ...ROUTER, id: 'r2' }, [])).toBe('router:r2');
  });

  it('never fails for what the settings of a router are', () => {
    const bad = [row('link.rtt-ms', 'slow'), row('wan.pppoe-password', ''), row('wan.kind', '?')];

    expect(linkKey(ROUTER, bad)).toBe(`router:${ROUTER.id}`);
    expect(linkSettings(ROUTER, bad).get('link.rtt-ms')).toBe(60);
    expect(
      linkSettings(ROUTER, [row('link.rtt-ms', '600'), ...bad.slice(1)]).get('link.rtt-ms'),
    ).toBe(600);
  });
});
