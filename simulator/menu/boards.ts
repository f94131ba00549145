/** Hardware that a twin can play: what `/system/resource` and `/system/routerboard` say of it, its ports and radios. */

export interface Board {
  readonly boardName: string;
  readonly model: string;
  readonly architecture: string;
  readonly cpu: string;
  readonly cpuCount: number;
  readonly cpuMegahertz: number;
  readonly memoryOctets: number;
  /** Taken by a router that has nothing configured; measured on no board, in proportion to published prints. */
  readonly memoryUsedOctets: number;
  readonly diskOctets: number;
  /** Taken by RouterOS with {@link radioPackage}. */
  readonly diskUsedOctets: number;
  /** 16 MB of flash: only what lies below `flash/` outlives a power cut. */
  readonly flashFolder: boolean;
  readonly ethernetPorts: number;
  readonly firmwareType: string;
  /** Bands of its radios in their order. */
  readonly radios: readonly ('2ghz' | '5ghz')[];
  /** Package that drives the radios. */
  readonly radioPackage: 'wifi-qcom' | 'wifi-qcom-ac' | 'wireless';
  /** Another package that drives them, with what RouterOS takes of the flash beside it. */
  readonly otherPackage?: { readonly name: 'wireless'; readonly diskUsedOctets: number };
}

const MIB = 1_048_576;

export type BoardName =
  | 'hap-ax2'
  | 'hap-ac2'
  | 'hap-ac-lite'
  | 'hap-lite'
  | 'hap-ax-lite'
  | 'cap-ax';

export const BOARDS: Readonly<Record<BoardName, Board>> = {
  'hap-ax2': {
    boardName: 'hAP ax^2',
    model: 'C52iG-5HaxD2HaxD',
    architecture: 'arm64',
    cpu: 'ARM64',
    cpuCount: 4,
    cpuMegahertz: 864,
    memoryOctets: 1024 * MIB,
    memoryUsedOctets: 220 * MIB,
    diskOctets: 128 * MIB,
    diskUsedOctets: 40 * MIB,
    flashFolder: false,
    ethernetPorts: 5,
    firmwareType: 'ipq6000',
    radios: ['5ghz', '2ghz'],
    radioPackage: 'wifi-qcom',
  },
  'cap-ax': {
    boardName: 'cAP ax',
    model: 'cAPGi-5HaxD2HaxD',
    architecture: 'arm64',
    cpu: 'ARM64',
    cpuCount: 4,
    cpuMegahertz: 864,
    memoryOctets: 1024 * MIB,
    memoryUsedOctets: 220 * MIB,
    diskOctets: 128 * MIB,
    diskUsedOctets: 40 * MIB,
    flashFolder: false,
    ethernetPorts: 2,
    firmwareType: 'ipq6000',
    radios: ['5ghz', '2ghz'],
    radioPackage: 'wifi-qcom',
  },
  'hap-ax-lite': {
    boardName: 'hAP ax lite',
    model: 'L41G-2axD',
    architecture: 'arm',
    cpu: 'ARM',
    cpuCount: 2,
    cpuMegahertz: 800,
    memoryOctets: 256 * MIB,
    memoryUsedOctets: 90 * MIB,
    diskOctets: 128 * MIB,
    diskUsedOctets: 38 * MIB,
    flashFolder: false,
    ethernetPorts: 4,
    firmwareType: 'ipq5000',
    radios: ['2ghz'],
    radioPackage: 'wifi-qcom',
  },
  'hap-ac2': {
    boardName: 'hAP ac^2',
    model: 'RBD52G-5HacD2HnD',
    architecture: 'arm',
    cpu: 'ARM',
    cpuCount: 4,
    cpuMegahertz: 716,
    memoryOctets: 128 * MIB,
    memoryUsedOctets: 60 * MIB,
    diskOctets: 16 * MIB,
    diskUsedOctets: 15 * MIB,
    flashFolder: true,
    ethernetPorts: 5,
    firmwareType: 'ipq4000L',
    radios: ['2ghz', '5ghz'],
    radioPackage: 'wifi-qcom-ac',
    otherPackage: { name: 'wireless', diskUsedOctets: 13 * MIB },
  },
  'hap-ac-lite': {
    boardName: 'hAP ac lite',
    model: 'RB952Ui-5ac2nD',
    architecture: 'mipsbe',
    cpu: 'MIPS 24Kc V7.4',
    cpuCount: 1,
    cpuMegahertz: 650,
    memoryOctets: 64 * MIB,
    memoryUsedOctets: 36 * MIB,
    diskOctets: 16 * MIB,
    diskUsedOctets: 13 * MIB,
    flashFolder: true,
    ethernetPorts: 5,
    firmwareType: 'qca9531L',
    radios: ['2ghz', '5ghz'],
    radioPackage: 'wireless',
  },
  'hap-lite': {
    boardName: 'hAP lite',
    model: 'RB941-2nD',
    architecture: 'smips',
    cpu: 'MIPS 24Kc V7.4',
    cpuCount: 1,
    cpuMegahertz: 650,
    memoryOctets: 32 * MIB,
    memoryUsedOctets: 24 * MIB,
    diskOctets: 16 * MIB,
    diskUsedOctets: 10 * MIB,
    flashFolder: true,
    ethernetPorts: 4,
    firmwareType: 'qca9531L',
    radios: ['2ghz'],
    radioPackage: 'wireless',
  },
};
