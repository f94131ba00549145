/** The two ends of a simulator in another process: calls by name out, and in again to the real one. */
import { SmartWifiError } from '../../lib/errors.ts';
import type { Phone } from '../phones/contract.ts';
import { type PhoneKind, PROBES } from '../phones/probes.ts';
import type { RpcClient } from './rpc.ts';
import type { Simulator } from './types.ts';

type Operation = Exclude<keyof Simulator, 'pid' | 'phone' | symbol>;

const OPERATIONS: Readonly<Record<Operation, true>> = {
  powerCut: true,
  powerOn: true,
  reboot: true,
  sessions: true,
  setFault: true,
  dnsQueries: true,
  handshakes: true,
  memoryMb: true,
};
const PHONE_METHODS: Readonly<Record<keyof Phone, true>> = {
  join: true,
  leave: true,
  probe: true,
  openPortal: true,
  submit: true,
  fill: true,
  follow: true,
  fetch: true,
  resolve: true,
  https: true,
  status: true,
  logout: true,
  counts: true,
  sessions: true,
  exchanges: true,
};

type Methods<T> = { [K in keyof T]: (...args: never[]) => Promise<unknown> };

export function remoteSimulator(
  client: RpcClient,
  pid: number,
  dispose: () => Promise<void>,
): Simulator {
  const operations = methods<Pick<Simulator, Operation>>(OPERATIONS, (op, args) =>
    client.call(op, args),
  );
  return {
    ...operations,
    pid,
    phone: (router, mac, kind) =>
      methods<Phone>(PHONE_METHODS, (method, args) =>
        client.call('phone', [router, mac, kind, method, args]),
      ),
    [Symbol.asyncDispose]: dispose,
  };
}

/** Performs what {@link remoteSimulator} asks for. Unknown names are refused: SIMULATOR_BAD_CALL. */
export function dispatcher(
  simulator: Simulator,
): (op: string, args: readonly unknown[]) => Promise<unknown> {
  return async (op, args) => {
    if (op !== 'phone') return invoke<Pick<Simulator, Operation>>(simulator, OPERATIONS, op, args);
    const [router, mac, kind, method, rest] = args;
    if (typeof router !== 'string' || typeof mac !== 'string' || !isKind(kind)) throw badCall(op);
    if (typeof method !== 'string' || !Array.isArray(rest)) throw badCall(op);
    return invoke<Phone>(simulator.phone(router, mac, kind), PHONE_METHODS, method, rest);
  };
}

/** An object with these methods, each of which is `call` with its name. */
function methods<T extends Methods<T>>(
  names: Readonly<Record<keyof T, true>>,
  call: (name: string, args: readonly unknown[]) => Promise<unknown>,
): T {
  const entries = Object.keys(names).map((name) => [
    name,
    // JSON makes null of undefined, which would defeat default values at the other end.
    (...args: unknown[]) =>
      call(name, args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1)),
  ]);
  return Object.fromEntries(entries) as T;
}

function invoke<T extends Methods<T>>(
  target: T,
  names: Readonly<Record<keyof T, true>>,
  name: string,
  args: readonly unknown[],
): Promise<unknown> {
  if (!Object.hasOwn(names, name)) throw badCall(name);
  return target[name as keyof T](...(args as never[]));
}

function isKind(kind: unknown): kind is PhoneKind {
  return typeof kind === 'string' && Object.hasOwn(PROBES, kind);
}

function badCall(op: string): SmartWifiError {
  return new SmartWifiError('SIMULATOR_BAD_CALL', `the simulator has no such call: ${op}`);
}
