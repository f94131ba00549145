/** The section `portal.oidc`: a provider that says who a citizen is, and what it takes to reach it. */
import { z } from 'zod';
import * as field from './fields.ts';

export interface OidcConfig {
  /** As the provider's own documents have it, without a final slash. */
  readonly issuer: string;
  readonly clientId: string;
  /** One of the two; the other is undefined. */
  readonly clientSecret?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly clientKeyId?: string | undefined;
  readonly scopes: readonly string[];
  readonly claim: string;
  readonly label: string;
  /** Names that phones reach before they are online. */
  readonly hosts: readonly string[];
}

const LOOPBACK = /^(?:127\.0\.0\.1|localhost)$/;
/**
 * What phones look for the internet at (reference: makers' connectivity checks). Who opens one of these
 * before the login takes the portal's prompt away.
 */
const PROBES = [
  'apple.com',
  'appleiphonecell.com',
  'gstatic.com',
  'clients3.google.com',
  'connectivitycheck.android.com',
  'play.googleapis.com',
  'www.google.com',
  'connect.rom.miui.com',
  'hicloud.com',
  'msftconnecttest.com',
  'msftncsi.com',
  'detectportal.firefox.com',
  'networkmanager.dev',
];

const issuer = z
  .string({ error: 'expected the address of an issuer' })
  .refine(isIssuer, {
    error: 'expected an https:// address without query, such as https://id.example.go.id',
  })
  .transform((value) => value.replace(/\/+$/, ''));

export const oidcSection = z
  .strictObject(
    {
      issuer,
      clientId: field.word('a client id'),
      clientSecret: field.password.optional(),
      clientKey: z
        .string({ error: 'expected a private key (PEM), or file:/path of one' })
        .regex(/^-----BEGIN PRIVATE KEY-----/, { error: 'expected a private key in PEM (PKCS #8)' })
        .optional(),
      clientKeyId: field.word('the id of the key').optional(),
      scopes: z
        .array(field.word('a scope'), { error: 'expected a list of scopes' })
        .refine((scopes) => scopes.includes('openid'), { error: 'expected openid among them' })
        .prefault(['openid']),
      claim: field.word('the name of a claim').prefault('sub'),
      label: field.line('the name of the provider as citizens know it', 40),
      hosts: z
        .array(
          field.hostName.refine((host) => !isProbe(host), {
            error: 'phones look for the internet there: open, it would hide the login page',
          }),
          { error: 'expected a list of host names' },
        )
        .optional(),
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type' ? 'expected the keys issuer, clientId and label' : undefined,
    },
  )
  .refine(
    ({ clientSecret, clientKey }) => (clientSecret === undefined) !== (clientKey === undefined),
    {
      error: 'expected either clientSecret or clientKey',
    },
  )
  .transform((section): OidcConfig => {
    const { hosts = [new URL(section.issuer).hostname] } = section;
    return { ...section, hosts };
  })
  .optional();

function isIssuer(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}

function isProbe(host: string): boolean {
  return PROBES.some((probe) => host === probe || host.endsWith(`.${probe}`));
}
