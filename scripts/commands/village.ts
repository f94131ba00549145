import { readFile } from 'node:fs/promises';
import { realClock } from '../../lib/clock.ts';
import { type Command, textOption, withStore } from '../command.ts';
import { table } from '../table.ts';
import { villagesOfCsv, villagesOfRegency } from '../villages.ts';

export const villageImport: Command = {
  summary: 'bring villages from the Kemendagri gazetteer, or from a CSV file',
  usage: '[--regency 16.06] [--csv FILE]',
  options: { regency: { type: 'string' }, csv: { type: 'string' } },
  run: async (context) => {
    const csv = textOption(context.options, 'csv');
    const { villages, warnings } =
      csv === undefined
        ? {
            villages: await villagesOfRegency(
              textOption(context.options, 'regency') ?? context.config.regency,
            ),
            warnings: [],
          }
        : villagesOfCsv(await readFile(csv, 'utf8'));
    for (const warning of warnings) context.progress(`warning: ${warning}`);
    return withStore(context, async (store) => {
      const count = await store.importVillages({ villages, at: realClock.now() });
      const districts = new Set(villages.map((village) => village.districtCode)).size;
      context.print(
        { ...count, villages: villages.length, districts, warnings },
        `${villages.length} villages in ${districts} districts: ${count.added} added, ${count.changed} changed, ${count.unchanged} unchanged`,
      );
      return 0;
    });
  },
};

export const villageList: Command = {
  summary: 'list the villages',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const villages = await store.listVillages();
      context.print(
        villages,
        table(
          ['code', 'village', 'kind', 'district', 'latitude', 'longitude'],
          villages.map((v) => [v.code, v.name, v.kind, v.districtName, v.latitude, v.longitude]),
        ),
      );
      return 0;
    }),
};
