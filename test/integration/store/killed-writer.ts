/** Writes without end and tells its parent what was acknowledged, until it is killed. */
import { serveStore } from '../../../store/open.ts';
import { newTariff } from '../../fixtures/rows.ts';

const file = process.argv[2]!;
const { store } = await serveStore({
  store: `sqlite:${file}`,
  keyFile: file.replace(/\.db$/, '.key'),
});
for (let i = 0; ; i += 8) {
  const names = Array.from({ length: 8 }, (_, n) => `tariff-${i + n}`);
  await Promise.all(
    names.map(async (name) => {
      await store.createTariff({ ...newTariff, name });
      process.send!(name);
    }),
  );
}
