/** What a script means, once it is read: statements in their order, and the expressions in them. */

export type Value = string | number | boolean | null | readonly Value[];

export type Expression =
  | { readonly kind: 'value'; readonly value: Value }
  /** A string with parts that are worked out when it is used. */
  | { readonly kind: 'join'; readonly parts: readonly Expression[] }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'run'; readonly statement: Statement }
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'not' | 'minus'; readonly operand: Expression }
  | {
      readonly kind: 'operator';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    };

export type Operator =
  | '||'
  | '&&'
  | '='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | '~'
  | '.'
  | '+'
  | '-'
  | '*'
  | '/';

/** One `name=value`, `name~value`, `name` or `!name` of a `find` or `print where`. */
export interface Condition {
  readonly name: string;
  readonly operator: '=' | '!=' | '~' | '<' | '>' | 'set' | 'unset';
  readonly value: Expression;
}

export type Statement =
  | {
      readonly kind: 'command';
      /** `/ip/address/add`. */
      readonly word: string;
      readonly named: ReadonlyMap<string, Expression>;
      readonly positional: readonly Expression[];
      readonly conditions: readonly Condition[] | null;
      readonly line: number;
    }
  | {
      readonly kind: 'builtin';
      readonly name: Builtin;
      readonly named: ReadonlyMap<string, Expression>;
      readonly positional: readonly Expression[];
      readonly line: number;
    }
  | { readonly kind: 'scope'; readonly body: readonly Statement[] };

/** Named and unnamed arguments that each takes, the blocks among the named ones. */
export const BUILTINS = {
  if: { named: ['do', 'else'], most: 1, least: 1 },
  do: { named: ['on-error'], most: 1, least: 1 },
  foreach: { named: ['in', 'do'], most: 1, least: 1 },
  local: { named: [], most: 2, least: 1 },
  global: { named: [], most: 2, least: 1 },
  set: { named: [], most: 2, least: 2 },
  log: { named: ['message'], most: 2, least: 1 },
  delay: { named: ['delay-time'], most: 1, least: 0 },
  put: { named: [], most: 1, least: 1 },
  error: { named: [], most: 1, least: 1 },
  len: { named: [], most: 1, least: 1 },
} as const satisfies Readonly<
  Record<string, { named: readonly string[]; most: number; least: number }>
>;

export type Builtin = keyof typeof BUILTINS;

/** The commands that a script may name, as this router has them. */
export interface Vocabulary {
  /** `/ip/address`, `/ip`: something lies under it. */
  isFolder(path: string): boolean;
  hasCommand(word: string): boolean;
  /** Arguments that `add` and `set` of a menu take; null where anything is left to the command. */
  parameters(word: string): ReadonlySet<string> | null;
}
