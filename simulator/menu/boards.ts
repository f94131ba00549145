/** Hardware that a twin can play: what `/system/resource` and `/system/routerboard` say of it, its ports and radios. */

export interface Board {
  readonly boardName: string;
  readonly model: string;
  readonly architecture: string;
  readonly cpu: string;
  readonly cpuCount: number;
  readonly cpuMegahertz: number;
  readonly memoryOctets: number;
  readonly diskOctets: number;
  readonly ethernetPorts: number;
  readonly firmwareType: string;
  /** Bands of its radios in their order. */
  readonly radios: readonly ('2ghz' | '5ghz')[];
  /** Package that drives the radios. */
  readonly radioPackage: 'wifi-qcom' | 'wifi-qcom-ac' | 'wireless';
}

const MIB = 1_048_576;

export type BoardName = 'hap-ax2' | 'hap-ac2' | 'hap-ac-lite' | 'hap-lite' | 'cap-ax';

export const BOARDS: Readonly<Record<BoardName, Board>> = {
  'hap-ax2': {
    boardName: 'hAP ax^2',
    model: 'C52iG-5HaxD2HaxD',
    architecture: 'arm64',
    cpu: 'ARM64',
    cpuCount: 4,
    cpuMegahertz: 864,
    memoryOctets: 1024 * MIB,
    diskOctets: 128 * MIB,
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
    diskOctets: 128 * MIB,
    ethernetPorts: 2,
    firmwareType: 'ipq6000',
    radios: ['5ghz', '2ghz'],
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
    diskOctets: 16 * MIB,
    ethernetPorts: 5,
    firmwareType: 'ipq4000L',
    radios: ['2ghz', '5ghz'],
    radioPackage: 'wifi-qcom-ac',
  },
  'hap-ac-lite': {
    boardName: 'hAP ac lite',
    model: 'RB952Ui-5ac2nD',
    architecture: 'mipsbe',
    cpu: 'MIPS 24Kc V7.4',
    cpuCount: 1,
    cpuMegahertz: 650,
    memoryOctets: 64 * MIB,
    diskOctets: 16 * MIB,
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
    diskOctets: 16 * MIB,
    ethernetPorts: 4,
    firmwareType: 'qca9531L',
    radios: ['2ghz'],
    radioPackage: 'wireless',
  },
};
