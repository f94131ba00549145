/**
 * An OpenID provider that says who a citizen is: authorization code with PKCE, state and nonce (RFC 6749,
 * RFC 7636, OpenID Connect Core 1.0 §3.1), found by discovery. `openid-client` checks what comes back.
 *
 * What must survive the way there and back is given out as a text, for a ticket; nothing is kept here but
 * what the provider publishes.
 */
import { createPrivateKey, webcrypto } from 'node:crypto';
import * as client from 'openid-client';
import type { Clock } from '../../lib/clock.ts';

export interface OidcOptions {
  /** As the provider's own documents name it; http only on loopback. */
  readonly issuer: string;
  readonly clientId: string;
  readonly auth:
    | { readonly kind: 'secret'; readonly secret: string }
    /** PEM (PKCS #8) of an RSA, P-256 or Ed25519 key. */
    | { readonly kind: 'key'; readonly pem: string; readonly keyId: string | null };
  readonly scopes: readonly string[];
  /** Which claim says who it is: never empty, never given to another person. */
  readonly claim: string;
  /** As citizens call the provider. */
  readonly label: string;
}

export interface OidcProvider {
  readonly label: string;
  /** `visit` goes into the ticket whose secret is the `state`. Null: the provider does not answer. */
  begin(): Promise<{ visit: string; urlFor(state: string): string } | null>;
  /** `returned` is the whole address that the browser came back to. */
  finish(args: { visit: string; state: string; returned: URL }): Promise<OidcOutcome>;
}

export type OidcOutcome =
  /** The same for the same person at this provider, and for nobody else. */
  | { readonly kind: 'known'; readonly person: string }
  | { readonly kind: 'cancelled' | 'refused' | 'down' };

interface Secrets {
  readonly verifier: string;
  readonly nonce: string;
}

const TIMEOUT_SECONDS = 6;
/** What the provider publishes is read again after this. */
const FRESH_MS = 3_600_000;
/** A provider that does not answer is not asked again by the next citizen in line. */
const PAUSE_MS = 5000;
const LONGEST_SUBJECT = 255;
/** RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6. */
const DOWN = new Set(['server_error', 'temporarily_unavailable']);
const CANCELLED = new Set([
  'access_denied',
  'interaction_required',
  'login_required',
  'consent_required',
]);
const LOOPBACK = /^(?:127\.0\.0\.1|\[::1\]|localhost)$/;

export function createOidcProvider(
  options: OidcOptions,
  deps: { readonly clock: Clock; readonly redirectUri: string },
): OidcProvider {
  const discovered = discovery(options, deps.clock);
  return {
    label: options.label,
    begin: async () => {
      const config = await discovered();
      if (config === null) return null;
      const secrets: Secrets = {
        verifier: client.randomPKCECodeVerifier(),
        nonce: client.randomNonce(),
      };
      const challenge = await client.calculatePKCECodeChallenge(secrets.verifier);
      return {
        visit: JSON.stringify(secrets),
        urlFor: (state) =>
          client.buildAuthorizationUrl(config, {
            redirect_uri: deps.redirectUri,
            scope: options.scopes.join(' '),
            code_challenge: challenge,
            code_challenge_method: 'S256',
            nonce: secrets.nonce,
            state,
          }).href,
      };
    },
    finish: async ({ visit, state, returned }) => {
      const config = await discovered();
      if (config === null) return { kind: 'down' };
      const { verifier, nonce } = JSON.parse(visit) as Secrets;
      try {
        const tokens = await client.authorizationCodeGrant(config, returned, {
          ...{ pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state },
          idTokenExpected: true,
        });
        const person = await personOf(options, config, tokens);
        return person === null ? { kind: 'refused' } : { kind: 'known', person };
      } catch (error) {
        return { kind: failureOf(error) };
      }
    },
  };
}

/** From the ID token, which is signed; what it does not hold is asked for with the access token. */
async function personOf(
  { issuer, claim }: OidcOptions,
  config: client.Configuration,
  tokens: Awaited<ReturnType<typeof client.authorizationCodeGrant>>,
): Promise<string | null> {
  const claims = tokens.claims();
  if (claims === undefined) return null;
  let value: unknown = claims[claim];
  if (value === undefined && config.serverMetadata().userinfo_endpoint !== undefined) {
    value = (await client.fetchUserInfo(config, tokens.access_token, claims.sub))[claim];
  }
  const isName = typeof value === 'string' && value !== '' && value.length <= LONGEST_SUBJECT;
  return isName ? JSON.stringify([issuer, claim, value]) : null;
}

function discovery(options: OidcOptions, clock: Clock): () => Promise<client.Configuration | null> {
  let last: { at: number; config: Promise<client.Configuration | null>; good: boolean } | null =
    null;
  return () => {
    const now = clock.now();
    const keptMs = last?.good === false ? PAUSE_MS : FRESH_MS;
    if (last !== null && Math.abs(now - last.at) < keptMs) return last.config;
    const asked = {
      at: now,
      good: true,
      config: discover(options).catch(() => {
        asked.good = false;
        return null;
      }),
    };
    last = asked;
    return asked.config;
  };
}

async function discover(options: OidcOptions): Promise<client.Configuration> {
  const issuer = new URL(options.issuer);
  const isLoopback = issuer.protocol === 'http:' && LOOPBACK.test(issuer.hostname);
  return client.discovery(issuer, options.clientId, undefined, await clientAuth(options.auth), {
    timeout: TIMEOUT_SECONDS,
    execute: isLoopback ? [client.allowInsecureRequests] : [],
  });
}

async function clientAuth(auth: OidcOptions['auth']): Promise<client.ClientAuth> {
  if (auth.kind === 'secret') return client.ClientSecretBasic(auth.secret);
  const key = await signingKey(auth.pem);
  return client.PrivateKeyJwt(auth.keyId === null ? key : { key, kid: auth.keyId });
}

/** Throws a TypeError for what is no key that an assertion can be signed with. */
export async function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const key = createPrivateKey(pem);
  const algorithm = ALGORITHMS[key.asymmetricKeyType ?? ''];
  if (algorithm === undefined) throw new TypeError(`no signing key: ${key.asymmetricKeyType}`);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

const ALGORITHMS: Readonly<
  Record<string, { name: string; hash?: string; namedCurve?: string } | undefined>
> = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ec: { name: 'ECDSA', namedCurve: 'P-256' },
  ed25519: { name: 'Ed25519' },
};

/** The citizen's choice, the provider's fault, or an answer that does not hold. */
function failureOf(error: unknown): Exclude<OidcOutcome['kind'], 'known'> {
  if (error instanceof client.AuthorizationResponseError) {
    if (CANCELLED.has(error.error)) return 'cancelled';
    return DOWN.has(error.error) ? 'down' : 'refused';
  }
  if (error instanceof client.ResponseBodyError) {
    return error.status >= 500 || DOWN.has(error.error) ? 'down' : 'refused';
  }
  if (error instanceof client.ClientError && error.code === 'OAUTH_TIMEOUT') return 'down';
  // What `fetch` throws when there is no connection.
  return error instanceof TypeError && error.message === 'fetch failed' ? 'down' : 'refused';
}
