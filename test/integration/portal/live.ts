/**
 * What the portal itself has answered, to go on from: forms with the secrets in their hidden fields, places it
 * led to, and the codes that its messages brought. Bounded, the newest stay.
 */
import type { Provider } from '../../../portal/gateways/provider.fixture.ts';
import { parseRefresh, readPage } from '../../../simulator/phones/page.ts';
import type { Answer, Sent } from './routes.ts';

/** A request that follows from an answer, by the phone that got it. */
export interface Step {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  /** As the page filled them in. */
  readonly fields: ReadonlyMap<string, string>;
  readonly from: string;
  /** E.164 without `+`: the number that was typed, if any. */
  readonly number: string | null;
}

interface Message {
  readonly code: string;
  readonly link: string | null;
}

const KEPT = 24;
/** Of links: what holds a secret, or shows what has become of a form. */
const WORTH = /[?&](?:ticket|k|state|sent)=|^\/(?:otp|register|status|account)/;
const NONE: ReadonlyMap<string, string> = new Map();

export class Live {
  readonly #origin: string;
  readonly #gateway: Pick<Provider, 'received'>;
  readonly #steps = new Map<string, Step[]>();
  readonly #messages = new Map<string, Message>();
  /** Who asked for a code to a number, and which number was typed last at an address. */
  readonly #asked = new Map<string, string>();
  readonly #typed = new Map<string, string>();
  #read = 0;

  constructor(origin: string, gateway: Pick<Provider, 'received'>) {
    this.#origin = origin;
    this.#gateway = gateway;
  }

  /** `typed`: the number in this request, or in one that it follows from. */
  learn(sent: Sent, answer: Answer, typed: string | null): void {
    if (typed !== null) {
      this.#asked.set(typed, sent.from);
      this.#typed.set(sent.from, typed);
    }
    const number = typed ?? this.#typed.get(sent.from) ?? null;
    this.#readMessages();
    const url = this.#origin + sent.path;
    const { forms, links } = answer.type.startsWith('text/html')
      ? readPage(answer.body, url)
      : { forms: [], links: [] };
    const its = { from: sent.from, number };
    for (const { action, fields } of forms) {
      const path = this.#own(action);
      if (path !== null) this.#keep({ method: 'POST', path, fields, ...its });
    }
    const refresh = parseRefresh(refreshOf(answer), url)?.url;
    for (const to of [...links, answer.location, paramOf(answer.location, 'dst'), refresh]) {
      const path = to === null || to === undefined ? null : this.#own(new URL(to, url).href);
      if (path !== null && WORTH.test(path))
        this.#keep({ method: 'GET', path, fields: NONE, ...its });
    }
    const state = paramOf(answer.location, 'state');
    if (state !== null) {
      const path = `/oidc/callback?code=${'a'.repeat(43)}&state=${state}`;
      this.#keep({ method: 'GET', path, fields: NONE, ...its });
    }
  }

  /**
   * Any of those that are there: each path as often as another, forms three times of four. A form is sent once:
   * what it led to may be another.
   */
  step(pick: number): Step | null {
    const method = pick % 4 === 0 ? 'GET ' : 'POST ';
    const paths = [...this.#steps.keys()].filter((key) => key.startsWith(method)).toSorted();
    const path = paths[Math.floor(pick / 4) % paths.length] ?? '';
    const steps = this.#steps.get(path) ?? [];
    const step = steps[Math.floor(pick / 4 / paths.length) % steps.length] ?? null;
    if (step?.method === 'POST') this.#forget(path, step);
    return step;
  }

  /** The code that came to this number last. */
  codeOf(number: string | null): string | null {
    this.#readMessages();
    return (number === null ? undefined : this.#messages.get(number))?.code ?? null;
  }

  #own(url: string): string | null {
    return url.startsWith(`${this.#origin}/`) ? url.slice(this.#origin.length) : null;
  }

  #keep(step: Step): void {
    const key = `${step.method} ${step.path.split('?')[0]!}`;
    const steps = this.#steps.get(key) ?? [];
    this.#steps.set(key, [step, ...steps].slice(0, KEPT));
  }

  #forget(path: string, step: Step): void {
    const others = (this.#steps.get(path) ?? []).filter((one) => one !== step);
    if (others.length === 0) this.#steps.delete(path);
    else this.#steps.set(path, others);
  }

  #readMessages(): void {
    const { received } = this.#gateway;
    for (; this.#read < received.length; this.#read += 1) {
      const fields = new URLSearchParams(received[this.#read]!.body);
      const number = fields.get('target') ?? '';
      const text = fields.get('message') ?? '';
      const code = /\b\d{6}\b/.exec(text)?.[0];
      const link = /https?:\/\/\S+/.exec(text)?.[0] ?? null;
      const from = this.#asked.get(number);
      if (code !== undefined) this.#messages.set(number, { code, link });
      const path = link === null || from === undefined ? null : this.#own(link);
      if (path !== null && from !== undefined) {
        this.#keep({ method: 'GET', path, fields: NONE, from, number });
      }
    }
  }
}

export function refreshOf({ headers }: Answer): string | undefined {
  const { refresh } = headers;
  return typeof refresh === 'string' ? refresh : undefined;
}

/** `dst` is where the router leads the phone then; `state` is a visit to the identity provider. */
function paramOf(location: string | null, name: 'dst' | 'state'): string | null {
  return location === null ? null : (URL.parse(location)?.searchParams.get(name) ?? null);
}
