/**
 * Router twins on their own, for `simulate routers`: factory state, ready for a controller, and
 * with a control port over which `simulate phones` brings phones to them from another process.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import { formatIpv4, parseIpv4 } from '../../lib/net.ts';
import type { FaultPlan } from './faults.ts';
import { shareSimulator } from './share.ts';
import { startSimulator } from './simulator.ts';
import type { RouterSpec, Simulator, SimulatorOptions } from './types.ts';

export interface SimulateRoutersOptions {
  readonly count: number;
  readonly apiPort: number;
  /** First router's address; each has its own, and all the same port. Without it ports count up. */
  readonly addressBase?: string;
  /** Of group `full`; `admin` when absent. */
  readonly user?: string;
  /** None, as in the box, when absent. */
  readonly password?: string;
  readonly tls?: boolean;
  readonly version?: string;
  readonly board?: string;
  readonly httpPort?: number;
  readonly dnsPort?: number;
  readonly tunnel?: readonly string[];
  readonly portMap?: Readonly<Record<string, string>>;
  readonly internet?: SimulatorOptions['internet'];
  /** Given to every router at its start. */
  readonly faults?: FaultPlan;
  /** Where phones are controlled from, on loopback; none when absent, any free port with 0. */
  readonly controlPort?: number;
}

export interface RunningRouters extends AsyncDisposable {
  readonly routers: readonly Required<RouterSpec>[];
  readonly simulator: Simulator;
  readonly controlPort: number | null;
}

const MAX_ROUTERS = 65_536;

/** The twins stand when this resolves, and until `signal` fires or they are disposed of. */
export async function simulateRouters(
  options: SimulateRoutersOptions,
  signal?: AbortSignal,
): Promise<RunningRouters> {
  signal?.throwIfAborted();
  const routers = routerSpecs(options);
  await using stack = new AsyncDisposableStack();
  const simulator = stack.use(
    await startSimulator({
      routers,
      apiPort: options.apiPort,
      httpPort: options.httpPort ?? 8880,
      dnsPort: options.dnsPort ?? 8853,
      tunnel: options.tunnel ?? [],
      portMap: options.portMap ?? {},
      ...(options.internet !== undefined && { internet: options.internet }),
      version: options.version ?? '7.20.8',
      board: options.board ?? 'hap-ax2',
      tls: options.tls ?? false,
      ...(options.faults !== undefined && { faults: options.faults }),
    }),
  );
  const control =
    options.controlPort === undefined
      ? null
      : stack.use(await shareSimulator(simulator, options.controlPort));
  const owned = stack.move();
  let disposed: Promise<void> | null = null;
  const dispose = (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    // A second call waits for the first, where the stack's own would return at once.
    disposed ??= owned.disposeAsync();
    return disposed;
  };
  const onAbort = (): void => void dispose();
  signal?.addEventListener('abort', onAbort);
  return {
    routers,
    simulator,
    controlPort: control?.port ?? null,
    [Symbol.asyncDispose]: dispose,
  };
}

/** Names `router-1` …, addresses from the base up, or one address and ports from `apiPort` up. */
export function routerSpecs(options: SimulateRoutersOptions): Required<RouterSpec>[] {
  const { count, apiPort, addressBase, user = 'admin', password = '' } = options;
  const base = parseIpv4(addressBase ?? '127.0.0.1');
  const lastPort = addressBase === undefined ? apiPort + count - 1 : apiPort;
  const placed = Number.isInteger(count) && count >= 1 && count <= MAX_ROUTERS;
  if (!placed || apiPort < 1 || lastPort > 65_535) {
    throw new SmartWifiError(
      'SIMULATOR_START',
      `cannot place ${count} routers from port ${apiPort}`,
    );
  }
  if (base === null || base >>> 24 !== 127 || (base + count - 1) >>> 24 !== 127) {
    throw new SmartWifiError('SIMULATOR_START', `${addressBase} is not a loopback address`);
  }
  return Array.from({ length: count }, (_, index) => ({
    name: `router-${index + 1}`,
    address: formatIpv4(addressBase === undefined ? base : base + index),
    apiPort: addressBase === undefined ? apiPort + index : apiPort,
    user,
    adminPassword: password,
  }));
}
