/** A one-time script as a picture, read again by a reader that knows nothing of the encoder. */
import { expect, it } from 'vitest';
import { decodeQrBy, type QrTable } from '../../../console/counter/qr-decode.fixture.ts';
import { enrolScript } from '../../../controller/enrol/script.ts';
import { qrModules, qrPicture } from '../../../scripts/qr.ts';

/** ISO/IEC 18004, tables 9 and E.1: version 31 of level L. */
const TABLE: QrTable = {
  level: 'L',
  alignment: [30, 56, 82, 108, 134],
  blocks: [30, [13, 115], [3, 116]],
};
const MARGIN = 4;
const KEY = (byte: number): string => Buffer.alloc(32, byte).toString('base64');

const SCRIPT = enrolScript({
  ...{ name: 'desa-kayu-ara-01', token: 'ABCDEFGH23', address: '10.255.0.23' },
  ...{ tunnelSubnet: '10.255.0.0/16', controllerAddress: '10.255.0.1' },
  endpoint: { host: 'vpn.example.go.id', port: 51_820 },
  ...{ serverKey: KEY(7), presharedKey: KEY(9), apiUser: 'sw-ctl', apiPassword: 'a'.repeat(32) },
});

/** The dark modules of the picture: strokes, one module high, that are drawn from left to right. */
function modulesOf(svg: string): boolean[][] {
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]) - 2 * MARGIN;
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  const path = /stroke="#000000" d="([^"]*)"/.exec(svg)?.[1] ?? '';
  let [x, y] = [0, 0];
  for (const [, verb, a, b] of path.matchAll(/([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?/g)) {
    if (verb === 'h') {
      for (let n = 0; n < Number(a); n += 1) rows[Math.floor(y) - MARGIN]![x - MARGIN + n] = true;
      x += Number(a);
    } else if (verb === 'M') [x, y] = [Number(a), Number(b)];
    else [x, y] = [x + Number(a), y + Number(b)];
  }
  return rows;
}

it('the picture of a script says that script, word for word', async () => {
  expect(qrModules(SCRIPT)).toBe(31 * 4 + 17);

  const svg = (await qrPicture(SCRIPT, 'svg')).toString();

  expect(decodeQrBy(TABLE, modulesOf(svg))).toBe(SCRIPT);
});

it('a module that is wrong is noticed by the reader', async () => {
  const rows = modulesOf((await qrPicture(SCRIPT, 'svg')).toString());
  rows[100]![100] = !rows[100]![100];

  expect(() => decodeQrBy(TABLE, rows)).toThrow('wrong codewords');
});
