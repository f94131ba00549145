/** What a phone is, as its browser says, so that its owner finds it in a list: never believed for more. */
export const PHONE_KINDS = ['android', 'iphone', 'ipad', 'windows', 'mac', 'linux'] as const;
export type PhoneKind = (typeof PHONE_KINDS)[number];

/** In the order in which they are looked for: Android calls itself Linux, too. */
const SIGNS: readonly (readonly [PhoneKind, RegExp])[] = [
  ['ipad', /ipad/i],
  ['iphone', /iphone|captivenetworksupport/i],
  ['android', /android|dalvik/i],
  ['windows', /windows/i],
  ['mac', /macintosh|mac os x/i],
  ['linux', /linux|x11/i],
];

export function phoneKind(userAgent: string | undefined): PhoneKind | null {
  const text = (userAgent ?? '').slice(0, 500);
  return SIGNS.find(([, sign]) => sign.test(text))?.[0] ?? null;
}

export function isPhoneKind(text: string | null): text is PhoneKind {
  return PHONE_KINDS.some((kind) => kind === text);
}
