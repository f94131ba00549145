/** RouterOS versions, compared as MikroTik numbers them: 7.20beta2 < 7.20rc1 < 7.20 < 7.20.8. Pure. */

const VERSION = /^(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:(alpha|beta|rc)(\d{1,4}))?$/;
const STAGES = ['alpha', 'beta', 'rc'];

export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/** Negative when `a` is older. What is no version is older than all that are. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (const [index, one] of left.entries()) {
    const difference = one - right[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** From 7.12 or older to 7.13 or newer, where the drivers of radios became packages of their own. */
export function splitsDrivers(from: string, to: string): boolean {
  return compareVersions(from, '7.13beta1') < 0 && compareVersions(to, '7.13beta1') >= 0;
}

function parts(text: string): number[] {
  const match = VERSION.exec(text);
  if (match === null) return [-1, 0, 0, 0, 0];
  const [, major, minor, patch = '0', stage, number = '0'] = match;
  const step = stage === undefined ? STAGES.length : STAGES.indexOf(stage);
  return [Number(major), Number(minor), Number(patch), step, Number(number)];
}
