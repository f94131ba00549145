/**
 * A text as a QR code (ISO/IEC 18004), for a terminal or a file. Level L: what is long stays readable for a telephone,
 * and a screen has no dirt on it.
 */
import { create, toBuffer, toString as toText } from 'qrcode';
import { SmartWifiError } from '../lib/errors.ts';

/** Octets that the largest code of level L holds in byte mode (§7.4.10, table 7). */
export const QR_MAX_BYTES = 2953;

export type QrPicture = 'svg' | 'png';

const LEVEL = { errorCorrectionLevel: 'L' } as const;
/** Pixels of a module; light modules around it are four (§6.3.8). */
const PICTURE = { ...LEVEL, margin: 4, scale: 6 } as const;

/** Of a file's name; null for any other. */
export function qrPictureOf(file: string): QrPicture | null {
  const ending = /\.(svg|png)$/i.exec(file)?.[1]?.toLowerCase();
  return ending === 'svg' || ending === 'png' ? ending : null;
}

/** Modules on a side. Throws `QR_TOO_LONG`. */
export function qrModules(text: string): number {
  refuseLong(text);
  return create(text, LEVEL).modules.size;
}

/** With escape sequences of colour, so that it is dark on light whatever the terminal's colours are. */
export async function qrTerminal(text: string): Promise<string> {
  refuseLong(text);
  return await toText(text, { ...LEVEL, type: 'terminal', small: true });
}

export async function qrPicture(text: string, picture: QrPicture): Promise<Buffer> {
  refuseLong(text);
  if (picture === 'png') return await toBuffer(text, { ...PICTURE, type: 'png' });
  return Buffer.from(await toText(text, { ...PICTURE, type: 'svg' }));
}

function refuseLong(text: string): void {
  const octets = Buffer.byteLength(text);
  if (octets <= QR_MAX_BYTES) return;
  throw new SmartWifiError(
    'QR_TOO_LONG',
    `${octets} octets do not fit a QR code, which holds ${QR_MAX_BYTES}: use a file`,
  );
}
