/** Main module of the simulator's own process: see spawn.ts. The first call is `start`. */
import { SmartWifiError } from '../../lib/errors.ts';
import { dispatcher } from './remote.ts';
import { serveRpc } from './rpc.ts';
import { startSimulator } from './simulator.ts';
import type { Simulator, SimulatorOptions } from './types.ts';

let simulator: Simulator | null = null;

serveRpc(
  {
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => process.on('message', listener),
    onClose: (listener) => process.once('disconnect', listener),
  },
  async (op, args) => {
    if (op === 'start') {
      simulator = await startSimulator(args[0] as SimulatorOptions);
      return process.pid;
    }
    if (simulator === null) throw new SmartWifiError('SIMULATOR_START', 'not started yet');
    return dispatcher(simulator)(op, args);
  },
);

// The parent is gone, or has let go of us.
process.once('disconnect', () => {
  void end().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
// Ctrl-C reaches the whole process group; the parent decides when we end.
process.on('SIGINT', () => undefined);

async function end(): Promise<void> {
  await simulator?.[Symbol.asyncDispose]();
}
