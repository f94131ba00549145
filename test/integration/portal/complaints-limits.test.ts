/** What was complained of in public about quotas, validity, sessions and cards: see complaints.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../../lib/metrics.ts';
import { startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import { readPage } from '../../../simulator/phones/page.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { SERVER } from '../outage/server.ts';
import type { Stand } from '../outage/stand.ts';
import {
  actsOf,
  type ComplaintStand,
  codeAt,
  openComplaintStand,
  REAL_MS,
} from './complaints-stand.ts';

const HOUR = 3_600_000;

let its: ComplaintStand;
let stand: Stand;
const { visitor, card, atPortal, online, seconds } = actsOf(() => its);

beforeAll(async () => {
  its = await openComplaintStand();
  ({ stand } = its);
}, 60_000);
afterAll(() => its[Symbol.asyncDispose]());

describe('quotas, validity, sessions', () => {
  it('phpnuxbill#79: a card that is in use has internet, and coming again begins nothing anew', async () => {
    const { id, code } = await card({ validitySeconds: 86_400 });
    const who = await online(code);
    const first = await stand.store.account('voucher', id);
    await who.phone.logout();
    await seconds(30);
    await online(code, who);

    expect(first?.validUntil).not.toBeNull();
    expect((await stand.store.account('voucher', id))?.validUntil).toBe(first?.validUntil);
  });

  it('phpnuxbill PR#445, #328, phpmixbill#1, mikhmonv3#61, #57: validity ends by itself, whatever the router remembers', async () => {
    const { code } = await card({ validitySeconds: 60 });
    const who = await online(code);
    await stand.simulator.powerCut(stand.routers[0]!.name);
    await stand.simulator.powerOn(stand.routers[0]!.name);
    await seconds(70);

    const again = await atPortal(visitor('android', 0, who.mac));

    expect(await codeAt(again, code)).toBe('SW-EXPIRED');
  });

  it('phpnuxbill PR#328: a session that is open ends with its card, without a job that must run', async () => {
    const { code } = await card({ validitySeconds: 40 });
    const { phone } = await online(code);
    await seconds(45);

    expect((await phone.probe()).result).toBe('portal');
  });

  it('openwisp-radius#617, #437, daloradius#84: a power cut leaves no stale session that locks its card out', async () => {
    const { code } = await card();
    const { mac } = await online(code, visitor('android', 1));
    await stand.simulator.powerCut(stand.routers[1]!.name);
    await stand.simulator.powerOn(stand.routers[1]!.name);
    const stale = await eventually(
      async () => {
        await seconds(5);
        const sessions = await stand.store.listSessions({ limit: 1000 });
        return sessions.find((one) => one.mac === mac.toUpperCase());
      },
      (session) => session?.state === 'closed',
      REAL_MS,
    );

    const { assistant } = await online(code, visitor('android', 1));

    expect(stale?.stopCause).not.toBeNull();
    expect(assistant.counts().pages).toBe(2);
  });

  it('rdcore#16: a remembered phone obeys the quota of its account', async () => {
    const { code } = await card({ dailyOctets: 200_000 });
    const who = await online(code, visitor(), { remember: '1' });
    await who.phone.fetch('http://berita.example/bytes/1000', { minOctets: 260_000 });
    await who.phone.probe();
    await stand.simulator.quiet();
    await who.phone.leave();
    await seconds(5);

    expect(await who.assistant.join()).toBe('portal');
    expect(await codeAt(who, code)).toBe('SW-QUOTA');
  });

  it('Kupiki-Hotspot-Script#80, pfsense/docs#90: logging out and in again gives nothing back', async () => {
    const { id, code } = await card({ dailyOctets: 10_000_000 });
    const who = await online(code);
    await who.phone.fetch('http://berita.example/bytes/1000', { minOctets: 100_000 });
    await who.phone.logout();
    await stand.simulator.quiet();
    const used = await eventually(
      () => usedToday(id),
      (octets) => octets >= 100_000,
      REAL_MS,
    );
    await online(code, who);

    expect(await usedToday(id)).toBeGreaterThanOrEqual(used);
  });

  it('packetfence#7703, #4635: a Disconnect names the address, so that the hotspot ends the session', async () => {
    const { mac, phone } = await online((await card()).code);
    const metrics = createEnforceMetrics(createMetrics());
    await using enforcer = startEnforcer({
      ...{ store: stand.store, clock: stand.clock, log: SILENT, metrics, sourceAddress: SERVER },
    });
    const open = await stand.store.listSessions({ openOnly: true, limit: 1000 });
    const session = open.find((one) => one.mac === mac.toUpperCase());
    await stand.store.requestDisconnect({
      sessionId: session!.id,
      reason: 'operator',
      at: stand.clock.now(),
    });

    await enforcer.enforceNow();

    expect((await phone.probe()).result).toBe('portal');
  });

  it('JuanFi#168, #188, #211: nobody is online without time left, and no page says 7101 weeks', async () => {
    const { code } = await card({ dailySeconds: 120, validitySeconds: 86_400 });
    const who = await online(code, visitor('windows'));
    const status = await who.phone.status();
    await seconds(130);
    const after = await who.phone.status();

    expect(status.html).toMatch(/[12] menit/);
    for (const { html } of [status, after]) {
      // Of what the tariff allows, nothing is longer than a day.
      expect(html).not.toMatch(/\d\s*(?:minggu|pekan|bulan|weeks?|months?)\b|-\d+ menit/i);
      const rows = html.replaceAll(/<form[\s\S]*?<\/form>/g, '');
      expect(rows).not.toMatch(/\b(?:[2-9]|\d{2,}) (?:hari|days?)\b/i);
    }
    expect((await who.phone.probe()).result).toBe('portal');
  });
});

describe('cards', () => {
  it('opnsense/update#89, opnsense/tools#394: a code is forgiven case, spaces and look-alikes', async () => {
    const { code } = await card();
    const who = await atPortal();

    await who.assistant.fill({ voucher: ` ${code.toLowerCase().replaceAll('-', ' ')} ` });

    expect(who.assistant.online()).toBe(true);
  });

  it('opnsense/core#3655: a code is one field, without a user name', async () => {
    const { assistant } = await atPortal();
    const { html, url } = assistant.page()!;
    const form = readPage(html, url).forms.find(({ fields }) => fields.has('voucher'))!;
    const typed = [...html.matchAll(/<input\b[^>]*type="text"[^>]*>/g)].filter(([tag]) =>
      tag.includes('name="voucher"'),
    );

    expect(form.fields.has('password')).toBe(false);
    expect(typed).toHaveLength(1);
  });

  it('opnsense/core#8860, opnsense/docs#562: the status page says until when a card is good, with day and hour', async () => {
    const { id, code } = await card({ validitySeconds: 86_400 });
    const who = await online(code, visitor('windows'));
    const { html } = await who.phone.status();
    const { validUntil } = (await stand.store.account('voucher', id))!;
    const parts = new Intl.DateTimeFormat('id-ID', {
      timeZone: 'Asia/Jakarta',
      ...{ day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' },
    }).formatToParts(validUntil!);
    const of = (type: string): string => parts.find((part) => part.type === type)!.value;
    const day = `${of('day')} ${of('month')} ${of('year')}`;
    const hour = `${of('hour')}.${of('minute')} WIB`;

    const row = /<dt>Berlaku sampai<\/dt><dd>([^<]*)<\/dd>/.exec(html)?.[1];
    expect(row).toContain(day);
    expect(row).toContain(hour);
  });

  it('unifi-voucher-site#29, unifi-voucher-manager#9, opnsense/core#3655: the cards that are still good are listed, and are read anew for another print', async () => {
    const used = await card();
    const fresh = await card();
    await online(used.code);
    const listed = await stand.store.listVouchers({ batch: 'kartu', limit: 100 });
    const find = (id: string) => listed.find((one) => one.id === id)!;
    await stand.store.revokeVoucher({ id: fresh.id, at: stand.clock.now() });

    expect(find(used.id).firstLoginAt).not.toBeNull();
    expect(find(fresh.id)).toMatchObject({ firstLoginAt: null, disabled: false });
    expect(await stand.store.voucherCode(used.id)).toBe(used.code);
    expect((await stand.store.account('voucher', fresh.id))?.disabled).toBe(true);
    expect(await codeAt(await atPortal(), fresh.code)).not.toBeNull();
  });

  it('unifi-voucher-site#121: a card moves to a phone with another address by a tap of its holder', async () => {
    const { code } = await card();
    const first = await online(code);
    const second = await atPortal();
    const page = await second.assistant.fill({ voucher: code });
    await second.assistant.fill({}, '/release');

    expect(readPage(page.html, page.url).code).toBe('SW-DEVICES');
    expect(second.assistant.online()).toBe(true);
    expect(await its.session(second)).toBeDefined();
    expect(first.mac).not.toBe(second.mac);
  });
});

async function usedToday(id: string): Promise<number> {
  const day = new Date(stand.clock.now() + 7 * HOUR).toISOString().slice(0, 10);
  return (await stand.store.usage('voucher', id, day)).dayOctets;
}
