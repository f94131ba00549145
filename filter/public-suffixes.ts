/**
 * Names under which strangers register their own names: registries' second levels and hosting domains.
 * A list entry for one of them covers that name alone, never what lies below, whatever the list says:
 * one bad line must not take `co.id` or every site of a hosting company off the air.
 *
 * This is no copy of the Public Suffix List. It holds what a village in Indonesia meets: the registry
 * of `.id`, the usual second levels of country registries (by rule), and the hosting domains that
 * block lists mention most.
 */

/** Second levels that country registries sell under: `co.uk`, `com.sg`, `go.kr`. */
const REGISTRY_LABELS = new Set(
  'ac co com edu go gob gov govt ltd mil ne net nom or org plc sch'.split(' '),
);
const LONGEST_LABEL = 4;

const ID_REGISTRY = 'biz desa kop my ponpes web'.split(' ').map((label) => `${label}.id`);

const HOSTING = `
  000webhostapp.com amazonaws.com s3.amazonaws.com amplifyapp.com appspot.com azureedge.net
  azurefd.net azurestaticapps.net azurewebsites.net b-cdn.net blob.core.windows.net blogspot.co.id
  blogspot.com blogspot.co.uk bravesites.com canva.site carrd.co cdn77.org cloudapp.net
  cloudfront.net codeberg.page ddns.net ddnsfree.com deno.dev digitaloceanspaces.com
  duckdns.org dynv6.net edgekey.net edgesuite.net elasticbeanstalk.com fastly.net firebaseapp.com
  fly.dev framer.app framer.website github.io githubusercontent.com gitlab.io glitch.me
  godaddysites.com hatenablog.com herokuapp.com hopto.org hostingerapp.com ipfs.io
  jimdofree.com linodeobjects.com lovable.app mybluehost.me myftp.org myshopify.com
  myvnc.com netlify.app ngrok.app ngrok.dev ngrok.io ngrok-free.app no-ip.org
  notion.site onrender.com pages.dev pantheonsite.io plesk.page r2.dev railway.app readthedocs.io
  repl.co replit.app replit.dev run.app serveo.net square.site
  storage.googleapis.com strikingly.com substack.com supabase.co surge.sh sytes.net trafficmanager.net
  translate.goog trycloudflare.com vercel.app vercel.dev web.app
  webador.com webflow.io weebly.com wixsite.com wixstudio.com wordpress.com workers.dev wpengine.com
  wpenginepowered.com zapto.org zendesk.com
`;

/** Those that no rule finds. */
export const NAMED_PUBLIC_SUFFIXES: readonly string[] = [
  ...ID_REGISTRY,
  ...HOSTING.split(/\s+/).filter((name) => name !== ''),
];

const NAMED = new Set(NAMED_PUBLIC_SUFFIXES);

/** {@link isRegistryLevel} or one of the named ones, for lower-case text. */
export function isPublicSuffix(name: string): boolean {
  const [label, top, ...more] = name.split('.');
  if (NAMED.has(name) || top === undefined) return true;
  return more.length === 0 && top.length === 2 && REGISTRY_LABELS.has(label!);
}

/** True for a second level that a country's registry sells under. Lower-case wire name. */
export function isRegistryLevel(wire: Uint8Array, labels: number): boolean {
  const size = wire[0]!;
  if (labels !== 2 || size > LONGEST_LABEL || wire[size + 1] !== 2) return false;
  return REGISTRY_LABELS.has(String.fromCharCode(...wire.subarray(1, 1 + size)));
}
