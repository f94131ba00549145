/** The identity provider of the configuration file, as the portal takes it. */
import type { OidcConfig } from '../../config/oidc.ts';
import type { OidcOptions } from '../../portal/oidc/provider.ts';

export function oidcOptions(config: OidcConfig): OidcOptions {
  const { issuer, clientId, clientSecret, clientKey, clientKeyId, scopes, claim, label } = config;
  const auth: OidcOptions['auth'] =
    clientKey === undefined
      ? { kind: 'secret', secret: clientSecret ?? '' }
      : { kind: 'key', pem: clientKey, keyId: clientKeyId ?? null };
  return { issuer, clientId, auth, scopes, claim, label };
}
