/** docs/radius.md shows the example files of FreeRADIUS as they are, which the integration tests run. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REJECT_TEXTS } from '../radius/reject.ts';

const ROOT = join(import.meta.dirname, '..');
const EXAMPLES = globSync('config/examples/freeradius/*/*', { cwd: ROOT }).toSorted();
const page = readFileSync(join(ROOT, 'docs/radius.md'), 'utf8');

describe('docs/radius.md', () => {
  it('has files to show', () => {
    expect(EXAMPLES.map((file) => basename(file))).toContain('proxy.conf');
  });

  it.each(EXAMPLES)('shows %s whole', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');

    expect(page).toContain(`\`${basename(file)}\`\n\n\`\`\`\n${text}\`\`\`\n`);
  });

  it('lists every reject code', () => {
    const listed = page.match(/SW-[A-Z]+/g) ?? [];

    expect(new Set(listed)).toEqual(new Set(Object.keys(REJECT_TEXTS)));
  });

  it('lists every reason of a drop that an engineer can do something about', () => {
    const source = readFileSync(join(ROOT, 'radius/metrics.ts'), 'utf8');
    const reasons = /export type DropReason =([\s\S]*?);/.exec(source)![1]!;
    const named = [...reasons.matchAll(/'([a-z_]+)'/g)].map(([, reason]) => reason!);
    const ours = new Set(['malformed', 'unexpected_code', 'eap_unsigned', 'radsec_limit']);

    expect(named.filter((reason) => !ours.has(reason) && !page.includes(`\`${reason}\``))).toEqual(
      [],
    );
  });
});
