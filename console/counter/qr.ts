/** The QR code of an address (ISO/IEC 18004), level M: a sixth of it may be dirty. */
import { create } from 'qrcode';
import type { Matrix } from './drawing.ts';

/** Light modules that must be around it (§5.3.8). */
export const QUIET_MODULES = 4;

export function qrOf(text: string): Matrix {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  return Array.from({ length: modules.size }, (_, row) =>
    Array.from({ length: modules.size }, (__, column) => modules.get(row, column) !== 0),
  );
}
