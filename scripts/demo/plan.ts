/** The stage of a rehearsal on loopback: who has which address, and what is for sale. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { formatIpv4, parseIpv4 } from '../../lib/net.ts';
import type { NewTariff, Village } from '../../store/types.ts';

/** The server's addresses in the tunnel. Blocked names lead to the second, where nothing answers TLS. */
export const SERVER = '127.10.0.1';
export const BLOCK = '127.10.0.2';
export const INTERNET = '127.30.0.1';
export const LOGIN_HOST = 'login.wifi.home.arpa';

const FIRST_ROUTER = parseIpv4('127.20.0.1')!;

export const BLOCKED_NAMES = {
  adult: 'www.film-dewasa.example',
  gambling: 'slot-judi.example',
} as const;
export const ALLOWED_NAMES = ['berita.example', 'sekolah.example'] as const;

export interface StagePorts {
  readonly portal: number;
  readonly block: number;
  readonly auth: number;
  readonly acct: number;
  readonly dns: number;
  readonly metrics: number;
  readonly api: number;
  /** On each router's LAN address, for 80 and 53. */
  readonly hotspot: number;
  /** On this machine, for a browser that is to be a phone. */
  readonly visitor: number;
  readonly lanDns: number;
  readonly internetHttp: number;
  readonly internetDns: number;
}

export interface StageRouter {
  readonly name: string;
  readonly village: Village;
  readonly address: string;
  /** As printed on the label of the box. */
  readonly adminPassword: string;
}

/** One router a village, `kayu-ara-011009`: the village's name and the last digits of its code. */
export function stageRouters(villages: readonly Village[]): StageRouter[] {
  return villages.map((village, i) => ({
    name: `${slug(village.name)}-${village.code.replaceAll('.', '').slice(4)}`,
    village,
    address: formatIpv4(FIRST_ROUTER + i),
    adminPassword: `label-${village.code}`,
  }));
}

/** The usual ports where they are free, others where something else listens. */
export async function stagePorts(): Promise<StagePorts> {
  return {
    portal: await freeTcp(SERVER, 8080),
    block: await freeTcp(BLOCK, 8080),
    auth: await freeUdp(SERVER, 1812),
    acct: await freeUdp(SERVER, 1813),
    dns: await freeUdp(SERVER, 5300),
    metrics: await freeTcp('127.0.0.1', 9464),
    api: 8728,
    hotspot: 8088,
    visitor: await freeTcp('127.0.0.1', 8088),
    lanDns: 5353,
    internetHttp: await freeTcp(INTERNET, 8090),
    internetDns: await freeUdp(INTERNET, 5390),
  };
}

type TariffLimits = Omit<NewTariff, 'at'>;

const unlimited: TariffLimits = {
  name: 'warga',
  downKbps: 20_000,
  upKbps: 10_000,
  sessionSeconds: null,
  dailySeconds: null,
  dailyOctets: 500_000_000,
  validitySeconds: 30 * 86_400,
  devices: 1,
};

/** Tariffs whose limits a rehearsal can reach in seconds of its clock. */
export const TARIFFS = {
  resident: unlimited,
  /** One session of a minute. */
  minute: { ...unlimited, name: 'semenit', sessionSeconds: 60 },
  /** A minute a day. */
  daily: { ...unlimited, name: 'sehari-semenit', dailySeconds: 60 },
  /** 200 kB a day. */
  thrifty: { ...unlimited, name: 'hemat', dailyOctets: 200_000 },
  /** Valid for two minutes from the first login. */
  brief: { ...unlimited, name: 'kilat', validitySeconds: 120 },
} satisfies Record<string, TariffLimits>;

function slug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

async function freeTcp(host: string, preferred: number): Promise<number> {
  const bind = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(port, host, () => {
        const bound = (server.address() as { port: number }).port;
        server.close(() => resolve(bound));
      });
    });
  return bind(preferred).catch(() => bind(0));
}

async function freeUdp(host: string, preferred: number): Promise<number> {
  const bind = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.bind(port, host, () => {
        const bound = socket.address().port;
        socket.close(() => resolve(bound));
      });
    });
  return bind(preferred).catch(() => bind(0));
}
