/**
 * Reports usage of many sessions at once without end, each report one kilobyte more, and tells its parent what
 * was acknowledged, until it is killed.
 */
import { serveStore } from '../../../store/open.ts';
import { accounting } from '../../fixtures/rows.ts';

export interface KilledWriterArgs {
  readonly store: string;
  readonly keyFile: string;
  readonly routerId: string;
  /** The totals go on from here. */
  readonly sessions: readonly { readonly id: string; readonly inputOctets: number }[];
}

const args = JSON.parse(process.argv[2]!) as KilledWriterArgs;
const { store } = await serveStore(args);
await Promise.all(
  args.sessions.map(async ({ id, inputOctets }, n) => {
    for (let octets = inputOctets + 1000; ; octets += 1000) {
      await store.recordAccounting(
        accounting(args.routerId, id, {
          acctSessionId: `session-${n}`,
          inputOctets: octets,
          seconds: octets / 1000,
        }),
      );
      process.send!([id, octets]);
    }
  }),
);
