/** Which known key an operator probably meant by an unknown one. */

/** Words people bring from other programs, compared without case and separators. */
const ALIASES: Readonly<Record<string, string>> = {
  address: 'listen',
  bind: 'listen',
  database: 'store',
  db: 'store',
  dns: 'resolver',
  dnsservers: 'upstreams',
  forwarders: 'upstreams',
  host: 'listen',
  lan: 'lanPool',
  logging: 'log',
  ntp: 'ntpServers',
  port: 'listen',
  prometheus: 'metrics',
  region: 'regency',
  secret: 'portalSecret',
  tz: 'timeZone',
  url: 'publicUrl',
  web: 'portal',
};

/** The key of `known` closest to `key`, or undefined when none is close. */
export function suggestKey(key: string, known: readonly string[]): string | undefined {
  const wanted = squeeze(key);
  const same = known.find((candidate) => squeeze(candidate) === wanted);
  if (same !== undefined) return same;
  const alias = ALIASES[wanted];
  if (alias !== undefined && known.includes(alias)) return alias;
  const limit = wanted.length <= 4 ? 1 : 2;
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, squeeze(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let best = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + cost,
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) best = Math.min(best, before[column - 2]! + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}

function squeeze(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
