/** `POST /hooks/otp/<gateway>`: a message came in, which may hold the word that a page waits for. */
import type { Request } from 'express';
import type { Handler, PortalDeps } from '../context.ts';
import { queryOf } from '../context.ts';
import { readInbound, verifySubscription } from '../gateways/inbound.ts';

export type HookResult = 'proven' | 'held' | 'unknown' | 'refused';

/** Words are of 6 letters and digits; spaces and hyphens may be among them. */
const WORD = /[a-z0-9]{3}[ -]?[a-z0-9]{3}/gi;
const MOST_WORDS = 8;

/** Who is not the provider gets the same answer as where there is no such gateway. */
export function takeHook(deps: PortalDeps): Handler {
  return async (req, res) => {
    const gateway = deps.gateways.find(({ name }) => name === req.params.gateway);
    const body: unknown = req.body;
    const messages =
      gateway === undefined || !Buffer.isBuffer(body)
        ? null
        : readInbound(gateway, { headers: req.headers, query: queryOf(req), body });
    if (messages === null) {
      deps.metrics.hook('refused');
      res.status(403).end();
      return;
    }
    for (const { from, text } of messages) {
      const result = await proveBy(deps, from, text);
      deps.metrics.hook(result);
      if (result === 'proven') deps.metrics.code('message');
    }
    // Whatever came of it: providers repeat what is not acknowledged.
    res.status(200).type('application/json').send('{}');
  };
}

export function verifyHook(deps: PortalDeps): Handler {
  return async (req: Request, res) => {
    const gateway = deps.gateways.find(({ name }) => name === req.params.gateway);
    const challenge = gateway === undefined ? null : verifySubscription(gateway, queryOf(req));
    if (challenge === null) {
      deps.metrics.hook('refused');
      res.status(403).end();
    } else {
      res.status(200).type('text/plain').send(challenge);
    }
  };
}

async function proveBy(
  { store, clock }: PortalDeps,
  phone: string,
  text: string,
): Promise<Exclude<HookResult, 'refused'>> {
  for (const word of wordsIn(text)) {
    const result = await store.proveByMessage({ word, phone, at: clock.now() });
    if (result !== 'unknown') return result;
  }
  return 'unknown';
}

/** Everything in a message that could be the word: `MASUK acd-efg` has two. */
export function wordsIn(text: string): string[] {
  const plain = text.normalize('NFKC');
  const words = plain.split(/\s+/).filter((word) => /^[a-z0-9-]{6,8}$/i.test(word));
  const parts = plain.match(WORD) ?? [];
  return [...new Set([...words, ...parts])].slice(0, MOST_WORDS);
}
