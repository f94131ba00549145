/**
 * A refusal as RouterOS words it. The tree throws it, the API server sends it as `!trap`.
 * Texts and categories follow published traces; where none is known the field's usual wording is used.
 */
import { SmartWifiError } from '../../lib/errors.ts';

/** 0 missing item or command, 1 argument value, 2 interrupted, 3 scripting, 4 general, 5 API; null = sent without. */
export type TrapCategory = 0 | 1 | 2 | 3 | 4 | 5 | null;

export class Trap extends SmartWifiError {
  readonly category: TrapCategory;
  /** A missing package answers with two traps; this is the one that comes first. */
  readonly preceding: string | null;

  constructor(message: string, category: TrapCategory = null, preceding: string | null = null) {
    super('SIMULATOR_TRAP', message);
    this.category = category;
    this.preceding = preceding;
  }
}

export const noSuchItem = (): Trap => new Trap('no such item', 0);
export const noSuchCommand = (): Trap => new Trap('no such command', 0);
export const unknownParameter = (name: string): Trap => new Trap(`unknown parameter ${name}`);
export const missing = (name: string): Trap => new Trap(`missing =${name}=`);
export const noMatch = (name: string): Trap =>
  new Trap(`input does not match any value of ${name}`, 1);
export const invalidValue = (name: string): Trap =>
  new Trap(`invalid value for argument ${name}`, 1);
export const failure = (text: string): Trap => new Trap(`failure: ${text}`);
export const notPermitted = (): Trap => new Trap('not enough permissions (9)');
export const notByDeviceMode = (): Trap => new Trap('not allowed by device-mode');
