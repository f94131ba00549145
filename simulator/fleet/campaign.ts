/**
 * Phones that come and go: each joins, is led to the portal, logs in, uses the network for a while,
 * logs out or just leaves, and comes again. What happened is returned as counts; nothing is printed.
 */
import type { Clock } from '../../lib/clock.ts';
import { errorCode } from '../../lib/errors.ts';
import { forEachLimited } from '../../lib/retry.ts';
import type { Credential, Phone } from '../phones/contract.ts';
import type { PhoneKind } from '../phones/probes.ts';
import { phoneMac } from './mac.ts';
import type { Simulator } from './types.ts';

export interface PhoneCampaign {
  readonly simulator: Simulator;
  /** Names; phones are spread over them in turn. */
  readonly routers: readonly string[];
  readonly phones: number;
  /** Phone `i` uses `credentials[i % length]`. */
  readonly credentials: readonly Credential[];
  /** How often each phone comes. */
  readonly visits: number;
  /** Pages that an online phone opens, all of them on each visit. */
  readonly urls: readonly string[];
  /** Octets that each of these must move, at least. */
  readonly octetsPerUrl: number;
  /** How long it stays after that, milliseconds of the clock. */
  readonly stayMs: number;
  /** Share of visits that end with log-out, 0 to 1; in the others the phone just leaves. */
  readonly logoutShare: number;
  /** Phones that are there at once. */
  readonly atOnce: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/** `failed` counts visits that an error cut short; every other one is in one of the first classes. */
export interface CampaignCounts {
  visits: number;
  noLease: number;
  /** Neither internet nor portal was found. */
  noPortal: number;
  online: number;
  /** Let in by the router without a page. */
  onlineByMac: number;
  /** By reject code; `none` for a refusal without one. */
  refused: Record<string, number>;
  /** By error code. */
  failed: Record<string, number>;
  loggedOut: number;
  pages: number;
  blocked: number;
  inputOctets: number;
  outputOctets: number;
}

const KINDS: readonly PhoneKind[] = ['android', 'ios', 'android', 'windows', 'firefox'];

/** Ends early, with what it has counted, when the signal fires. */
export async function simulatePhones(campaign: PhoneCampaign): Promise<CampaignCounts> {
  const counts = emptyCounts();
  const stopped = (): boolean => campaign.signal?.aborted === true;
  const indexes = Array.from({ length: campaign.phones }, (_, index) => index);
  await forEachLimited(indexes, campaign.atOnce, async (index) => {
    for (let visit = 0; visit < campaign.visits; visit += 1) {
      if (stopped()) return;
      counts.visits += 1;
      try {
        await comeAndGo(campaign, index, counts);
      } catch (error) {
        if (stopped()) return;
        bump(counts.failed, errorCode(error));
      }
    }
  });
  return counts;
}

async function comeAndGo(
  campaign: PhoneCampaign,
  index: number,
  counts: CampaignCounts,
): Promise<void> {
  const { routers, simulator } = campaign;
  const routerIndex = index % routers.length;
  const mac = phoneMac(routerIndex, Math.floor(index / routers.length));
  const phone = simulator.phone(routers[routerIndex]!, mac, KINDS[index % KINDS.length]!);
  if ((await phone.join()) === null) {
    counts.noLease += 1;
    return;
  }
  try {
    if (await getOnline(campaign, phone, index, counts)) await use(campaign, phone, counts);
  } finally {
    await phone.leave();
  }
}

async function getOnline(
  campaign: PhoneCampaign,
  phone: Phone,
  index: number,
  counts: CampaignCounts,
): Promise<boolean> {
  const { result } = await phone.probe();
  if (result === 'none') {
    counts.noPortal += 1;
    return false;
  }
  if (result === 'internet') {
    counts.online += 1;
    counts.onlineByMac += 1;
    return true;
  }
  await phone.openPortal();
  const credential = campaign.credentials[index % campaign.credentials.length]!;
  const { outcome, code } = await phone.submit(credential);
  if (outcome === 'refused') bump(counts.refused, code ?? 'none');
  else counts.online += 1;
  return outcome === 'online';
}

async function use(campaign: PhoneCampaign, phone: Phone, counts: CampaignCounts): Promise<void> {
  for (const url of campaign.urls) {
    const fetched = await phone.fetch(url, { minOctets: campaign.octetsPerUrl });
    counts.pages += 1;
    if (fetched.blocked) counts.blocked += 1;
    if (fetched.captive) break;
  }
  await campaign.clock.sleep(campaign.stayMs, campaign.signal);
  if (campaign.random() < campaign.logoutShare) {
    await phone.logout();
    counts.loggedOut += 1;
  }
  const { inputOctets, outputOctets } = await phone.counts();
  counts.inputOctets += inputOctets;
  counts.outputOctets += outputOctets;
}

function emptyCounts(): CampaignCounts {
  return {
    visits: 0,
    noLease: 0,
    noPortal: 0,
    online: 0,
    onlineByMac: 0,
    refused: {},
    failed: {},
    loggedOut: 0,
    pages: 0,
    blocked: 0,
    inputOctets: 0,
    outputOctets: 0,
  };
}

function bump(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
