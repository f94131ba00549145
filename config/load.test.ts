import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { SmartWifiError } from '../lib/errors.ts';
import { ConfigError, configFile, loadConfig } from './load.ts';
import { parseConfig } from './parse.ts';
import { sectionSchemas, topSchema } from './schema.ts';

const HERE = import.meta.dirname;
const FIXTURES = join(HERE, 'fixtures');
const EXAMPLE = join(HERE, 'examples', 'smartwifi.yaml');

const HOST_PORT = 'expected an address and a port such as 0.0.0.0:8080';
const STORE = 'sqlite:/path/to/smartwifi.db or postgres://user@host/database';
const ADDRESS = 'expected an IPv4 address such as 10.255.0.1';

/** Every fixture with everything the operator is told about it. */
const MISTAKES: Record<string, readonly string[]> = {
  'cidr-host-bits': [
    'network.tunnelSubnet: expected a network such as 10.255.0.0/16, without host bits, not "10.255.0.1/16"',
  ],
  'far-key': ['console.colour: unknown key; known here: listen'],
  'host-port': [`portal.listen: ${HOST_PORT}, not "8080"`],
  interim: ['radius.interimSeconds: expected a whole number of seconds from 60 to 3600, not 10'],
  ipv4: [`network.controllerAddress: ${ADDRESS}, not "10.255.0.256"`],
  'lan-pool-small': ['network.lanPool: is smaller than one village LAN (/22)'],
  'lan-pool-tunnel': ['network.lanPool: overlaps network.tunnelSubnet (172.20.0.0/16)'],
  'lan-pool-uplink': [
    "network.lanPool: overlaps 100.64.0.0/10, Starlink's and carriers' shared addresses; a router would lose its uplink",
  ],
  'log-level': ['log.level: expected one of fatal, error, warn, info, debug, trace, silent'],
  'misspelled-key': [
    'timezone: unknown key; did you mean timeZone?',
    'radius.interimSecond: unknown key; did you mean interimSeconds?',
    'network.lan: unknown key; did you mean lanPool?',
  ],
  'no-upstreams': ['resolver.upstreams: expected at least one upstream'],
  'no-value': [`portal.listen: ${HOST_PORT}, but it has no value`],
  'not-a-map': ['expected keys and values, such as "regency: \'16.06\'"'],
  'ntp-name': [`network.ntpServers.0: ${ADDRESS}, not "id.pool.ntp.org"`],
  'at-once': [
    'controller.atOnce: expected a whole number of routers from 1 to 64, not 0',
    'controller.rolloutFrom: expected a whole number of routers from 2 to 100000, not 1',
  ],
  'per-link': ['controller.perLink: is more than controller.atOnce (4)'],
  'poll-text': [
    'controller.pollSeconds: expected a whole number of seconds from 5 to 3600, not "30s"',
    'controller.autoApply: expected true or false',
  ],
  oidc: [
    'portal.oidc.issuer: expected an https:// address without query, such as https://id.example.go.id',
    'portal.oidc.scopes: expected openid among them',
    'portal.oidc.hosts.1: phones look for the internet there: open, it would hide the login page',
  ],
  'oidc-key': ['portal.oidc: expected either clientSecret or clientKey'],
  otp: [
    'portal.otp.gateways.0.kind: expected the kind of the gateway: one of fonnte, wablas, zenziva, verihubs, whatsapp, http',
    'portal.otp.gateways.1.secret: expected at least 6 characters',
    'portal.otp.gateways.1.phoneId: expected the id of the phone number, in quotes',
    'portal.otp.gateways.2.url: expected an address that begins with https:// and holds no name or password',
    'portal.otp.gateways.3.orign: unknown key; did you mean origin?',
    'portal.otp.costPerDay: expected a whole number of minor units from 0 to 1000000000000, not -1',
  ],
  'port-number': [`console.listen: ${HOST_PORT}`],
  'port-range': [`metrics.listen: ${HOST_PORT}, not "127.0.0.1:94640"`],
  postgres: [`store: expected ${STORE}, not "postgres://localhost"`],
  proxies: [
    'radius.proxies.0.secret: expected at least 16 characters',
    'radius.eap.server: expected an address and a port such as 0.0.0.0:8080',
    'radius.radsec.certfile: unknown key; did you mean certFile?',
  ],
  'public-url': [
    'portal.publicUrl: expected a URL such as https://wifi.example.go.id, without a path, not "https://wifi.example.go.id/masuk"',
  ],
  'public-url-plain': ['portal.publicUrl: must begin with https:// because portal.tls is set'],
  'regency-number': ["regency: expected a regency code in quotes such as '16.06'"],
  'same-port': ['console.listen: uses port 8081, which portal.listen already has'],
  'same-udp-port': ['radius.acct: uses port 1812, which radius.auth already has'],
  'secret-file': [
    `radius.portalSecret: cannot read the secret: ENOENT: no such file or directory, open '${join(FIXTURES, 'no-such.secret')}'`,
  ],
  'section-list': ['portal: expected keys and values'],
  several: [
    `store: expected ${STORE}, not "mysql:a"`,
    "regency: expected a regency code in quotes such as '16.06'",
    `portal.listen: ${HOST_PORT}, not "here"`,
    'portal.tls.keyFile: expected a path',
    'resolver.upstreams.0: expected an IPv4 address with or without a port such as 9.9.9.9, not "nine"',
    'log.level: expected one of fatal, error, warn, info, debug, trace, silent',
  ],
  'short-secret': ['radius.portalSecret: expected at least 16 characters'],
  ssid: [
    'network.ssid: expected a network name of 1 to 32 octets, not "Jaringan Internet Gratis Desa Musi Banyuasin"',
  ],
  'store-kind': [`store: expected ${STORE}, not "mysql://localhost/smartwifi"`],
  syntax: [
    'Flow map in block collection must be sufficiently indented and end with a } at line 2, column 1',
  ],
  'time-zone': ['timeZone: expected an IANA time zone such as Asia/Jakarta, not "Asia/Sekayu"'],
  'selling-half': ['selling.partner: is missing: selling needs permit and partner'],
  'tls-half': ['portal.tls.keyFile: expected a path'],
  'tls-key': ['portal.tls.certificate: unknown key; known here: certFile, keyFile'],
  twice: ['Map keys must be unique at line 2, column 1'],
  'unknown-key': ['resolvr: unknown key; did you mean resolver?'],
  upstreams: [
    'resolver.upstreams.0: expected an IPv4 address with or without a port such as 9.9.9.9, not "dns.example.id"',
    'resolver.upstreams.1: expected an IPv4 address with or without a port such as 9.9.9.9, not "9.9.9.9:0"',
  ],
};
const SYNTAX = new Set(['syntax', 'twice']);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smartwifi-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a mistaken file', () => {
  const names = readdirSync(FIXTURES).map((name) => name.replace('.yaml', ''));

  it('has its message asserted, each of them', () => {
    expect(names.toSorted()).toEqual(Object.keys(MISTAKES).toSorted());
  });

  it.each(names)('%s is refused with every problem named', (name) => {
    const error = refusal(() =>
      loadConfig({ file: join(FIXTURES, `${name}.yaml`), env: {}, cwd: '/' }),
    );

    expect(error.problems).toEqual(MISTAKES[name]);
    expect(error.code).toBe(SYNTAX.has(name) ? 'CONFIG_SYNTAX' : 'CONFIG_INVALID');
    expect(error).toBeInstanceOf(SmartWifiError);
    for (const problem of error.problems) expect(error.message).toContain(`\n  ${problem}`);
  });

  it('leaves nothing but ConfigError, whatever it holds', () => {
    const words = fc.constantFrom(...keysOf('portal'), ...keysOf('network'), 'tls', 'portal', 'a');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.ipV4()),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(words, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const file = write(stringify(value));
        expect(outcome(() => loadConfig({ file, env: {}, cwd: folder }))).not.toBe('other');
      }),
      { seed: 1606, numRuns: 60 },
    );
  });
});

describe('which file is read', () => {
  it('prefers the named one, then SMARTWIFI_CONFIG, then ./smartwifi.yaml', () => {
    writeFileSync(join(folder, 'smartwifi.yaml'), "regency: '16.01'");
    const env = { SMARTWIFI_CONFIG: 'other.yaml' };

    expect(configFile({ file: 'a.yaml', env, cwd: folder })).toBe(join(folder, 'a.yaml'));
    expect(configFile({ env, cwd: folder })).toBe(join(folder, 'other.yaml'));
    expect(loadConfig({ env: {}, cwd: folder }).regency).toBe('16.01');
    expect(configFile({ env: { SMARTWIFI_CONFIG: '' }, cwd: HERE })).toBeNull();
  });

  it('must exist when it was asked for', () => {
    const named = refusal(() => loadConfig({ file: 'none.yaml', env: {}, cwd: folder }));
    const asFolder = refusal(() => loadConfig({ file: HERE, env: {}, cwd: folder }));

    expect([named.code, asFolder.code]).toEqual(['CONFIG_NOT_FOUND', 'CONFIG_NOT_FOUND']);
    expect(named.message).toContain(join(folder, 'none.yaml'));
  });
});

describe('a good file', () => {
  it('empty, with empty sections or with comments only means the defaults', () => {
    const defaults = { ...loadConfig({ env: {}, cwd: folder, file: write('') }) };

    expect(loadConfig({ env: {}, cwd: folder, file: write('# nothing\nportal:\n') })).toEqual(
      defaults,
    );
    expect(defaults).toMatchObject({
      store: `sqlite:${join(folder, 'var/smartwifi.db')}`,
      keyFile: join(folder, 'var/store.key'),
      timeZone: 'Asia/Jakarta',
      portal: { listen: { host: '0.0.0.0', port: 8080 }, publicUrl: 'http://10.255.0.1:8080' },
      radius: { auth: { port: 1812 }, acct: { port: 1813 }, interimSeconds: 300 },
      resolver: { blockAddress: '10.255.0.1', allowPrivateAnswers: false },
      network: { radiusAddress: '10.255.0.1', lanPool: '172.16.0.0/12', hotspotPort: 80 },
      controller: { pollSeconds: 30, autoApply: true },
    });
  });

  it('fills defaults that follow from other keys', () => {
    const text = stringify({
      portal: { listen: '0.0.0.0:443', tls: { certFile: 'a.pem', keyFile: '/b.pem' } },
      network: { controllerAddress: '10.255.9.1', portalAddress: '10.255.9.2' },
    });
    const config = loadConfig({ file: write(text), env: {}, cwd: '/' });

    expect(config.portal.publicUrl).toBe('https://10.255.9.2');
    expect(config.portal.tls).toEqual({ certFile: join(folder, 'a.pem'), keyFile: '/b.pem' });
    expect(config.network.resolverAddress).toBe('10.255.9.1');
    expect(config.resolver.blockAddress).toBe('10.255.9.2');
  });

  it('takes a secret from a file, without its line end', () => {
    writeFileSync(join(folder, 'portal.secret'), 'sixteen-or-more-characters\n');
    writeFileSync(join(folder, 'mac.secret'), 'pendek\n');
    const file = write(
      'radius: { portalSecret: file:portal.secret, macPassword: file:mac.secret }',
    );

    expect(loadConfig({ file, env: {}, cwd: '/' }).radius).toMatchObject({
      portalSecret: 'sixteen-or-more-characters',
      macPassword: 'pendek',
    });
  });

  it('is frozen to its last leaf', () => {
    const config = loadConfig({ env: {}, cwd: folder, file: write('') });
    const parts: unknown[] = [config, config.portal.listen, config.resolver.upstreams];

    expect(parts.every(Object.isFrozen)).toBe(true);
  });
});

describe('the container image', () => {
  it('keeps all its state in one volume', () => {
    const file = join(HERE, 'examples', 'container.yaml');
    const config = loadConfig({ file, env: {}, cwd: '/' });

    for (const path of [config.store, config.keyFile, config.resolver.listsDirectory]) {
      expect(path).toMatch(/^(?:sqlite:)?\/var\/lib\/smartwifi\//);
    }
  });
});

describe('the example', () => {
  it('is accepted', () => {
    const secrets: string[] = [];
    const parsed = parseConfig(parse(readFileSync(EXAMPLE, 'utf8')), {
      baseDirectory: '/',
      readSecret: (file) => {
        secrets.push(file);
        return 'sixteen-or-more-characters';
      },
    });

    expect(parsed.ok && parsed.config.portal.blockListen?.port).toBe(80);
    expect(secrets).toContain('/etc/smartwifi/proxy.secret');
  });

  it('names every key there is', () => {
    const text = readFileSync(EXAMPLE, 'utf8');
    const names = Object.keys(sectionSchemas('')) as (keyof ReturnType<typeof sectionSchemas>)[];
    const keys = [...Object.keys(topSchema('').shape), ...names, ...names.flatMap(keysOf)];

    expect(keys.filter((key) => !new RegExp(`^ *(?:# )?${key}:`, 'm').test(text))).toEqual([]);
  });

  it('shows the defaults, except in lines marked as example', () => {
    const lines = readFileSync(EXAMPLE, 'utf8').split('\n');
    const marked = withoutExamples(lines);
    const shown = loadConfig({ file: write(marked.join('\n')), env: {}, cwd: '/' });

    expect(shown).toEqual(loadConfig({ file: write(''), env: {}, cwd: '/' }));
  });
});

/** Neither lines marked as example nor what stands below them. */
function withoutExamples(lines: readonly string[]): string[] {
  let below = Number.POSITIVE_INFINITY;
  return lines.filter((line) => {
    const depth = line.search(/\S/);
    if (depth > below) return false;
    below = /# example/.test(line) ? depth : Number.POSITIVE_INFINITY;
    return !/# example/.test(line);
  });
}

function keysOf(name: keyof ReturnType<typeof sectionSchemas>): string[] {
  return Object.keys(sectionSchemas('')[name].shape);
}

function write(text: string): string {
  const file = join(folder, 'written.yaml');
  writeFileSync(file, text);
  return file;
}

function outcome(work: () => unknown): 'accepted' | 'refused' | 'other' {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return error instanceof ConfigError ? 'refused' : 'other';
  }
}

function refusal(work: () => unknown): ConfigError {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
