import { pino } from 'pino';
import { expect, it } from 'vitest';
import { set } from '../portal.fixture.ts';
import { village } from '../village.fixture.ts';
import { warnWithoutOfficer } from './officer.ts';

async function said(settings: ReturnType<typeof set>[]): Promise<string> {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const regency = village.regencyCode;
  await warnWithoutOfficer({ store: { settingsAt: async () => settings } as never, log, regency });
  return lines.join('');
}

it('warns as long as nobody is named', async () => {
  const named = {
    ...set('portal.dpo', 'Ibu Rahma'),
    level: 'regency',
    code: village.regencyCode,
  } as const;

  expect(await said([])).toContain('portal.dpo');
  expect(await said([named])).toBe('');
});
