/** Why a login is refused: the code is for programs, the text for the citizen's router page. */

export const REJECT_TEXTS = {
  'SW-BADCRED': 'Nama pengguna, kata sandi, atau kode voucher salah',
  'SW-EXPIRED': 'Masa berlaku sudah habis',
  'SW-QUOTA': 'Kuota data sudah habis',
  'SW-TIME': 'Waktu pemakaian sudah habis',
  'SW-DEVICES': 'Batas jumlah perangkat tercapai. Keluarkan perangkat lain dulu',
  'SW-DISABLED': 'Akun dinonaktifkan. Hubungi kantor desa',
  'SW-VILLAGE': 'Akun ini berlaku di desa lain',
  'SW-HOURS': 'WiFi publik sedang di luar jam layanan',
  'SW-TOKEN': 'Tautan masuk tidak berlaku lagi. Silakan masuk ulang',
  'SW-LIMIT': 'Terlalu banyak percobaan. Coba lagi beberapa menit lagi',
  'SW-ERROR': 'Terjadi gangguan. Silakan coba lagi',
} as const satisfies Record<`SW-${string}`, string>;

export type RejectCode = keyof typeof REJECT_TEXTS;

/** What a Reply-Message carries. */
export function rejectMessage(code: RejectCode): string {
  return `${code} ${REJECT_TEXTS[code]}`;
}

/** Reads a Reply-Message back; a reject without a code of ours is `SW-ERROR`. */
export function parseRejectMessage(message: string): { code: RejectCode; text: string } {
  const at = message.indexOf(' ');
  const word = at === -1 ? message : message.slice(0, at);
  if (!isRejectCode(word)) return { code: 'SW-ERROR', text: message };
  return { code: word, text: at === -1 ? REJECT_TEXTS[word] : message.slice(at + 1) };
}

function isRejectCode(word: string): word is RejectCode {
  return Object.hasOwn(REJECT_TEXTS, word);
}
