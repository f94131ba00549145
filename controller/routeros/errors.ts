/**
 * What can go wrong between us and a router. The codes are stable (docs/operations.md); a trap is an
 * answer of a healthy router, everything else ends the connection.
 */
import { printable, SmartWifiError } from '../../lib/errors.ts';

export type RouterErrorCode =
  | 'ROUTER_TRAP'
  /** No TCP or TLS connection in time. */
  | 'ROUTER_UNREACHABLE'
  /** The router answered and refused the user or password. */
  | 'ROUTER_LOGIN'
  /** The connection ended while it was needed: reboot, cut link, `!fatal`. */
  | 'ROUTER_LOST'
  /** A command was not answered in time; the connection itself may still live. */
  | 'ROUTER_TIMEOUT'
  /** The router's certificate is not the one that we know it by; nothing was sent to it. */
  | 'ROUTER_CERTIFICATE'
  /** Bytes that are not the API protocol. */
  | 'ROUTER_PROTOCOL'
  /** The caller's signal stopped the command. */
  | 'ROUTER_ABORTED'
  /** More commands wait on one connection than it will hold. */
  | 'ROUTER_BUSY'
  /** The router's device-mode forbids what we need; a person must press its button. */
  | 'ROUTER_DEVICE_MODE'
  /** Another board answers than the one that this router is. */
  | 'ROUTER_IDENTITY';

export class RouterOsError extends SmartWifiError {
  declare readonly code: RouterErrorCode;

  /** `message` may hold a router's words; it ends on terminals. */
  constructor(code: RouterErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, printable(message), options);
  }
}

/** `!trap`: the router refused a command. Several traps of one command are kept in order. */
export class RouterTrap extends RouterOsError {
  /** 0 missing item or command, 1 argument value, 2 interrupted, 3 script, 4 general, 5 API, 6 TTY, 7 `:return`. */
  readonly category: number | null;
  readonly messages: readonly string[];

  constructor(messages: readonly string[], category: number | null) {
    super('ROUTER_TRAP', messages.join('; ') || 'the router refused without a reason');
    this.messages = messages;
    this.category = category;
  }

  /** The menu or command does not exist on this router (missing package, older version). */
  get missing(): boolean {
    return this.messages.some((message) => message.startsWith('no such command'));
  }
}
