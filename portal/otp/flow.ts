/**
 * Two ways lead over a proven number: a login by number, and an account or a new password. Their pages of the code
 * are the same; what differs is where the number is asked for, and what it is proven for.
 */
import type { PortalDeps } from '../context.ts';
import type { Exchange } from '../hand-back.ts';
import type { Redirect } from '../redirect-params.ts';
import type { OtpFault } from './show.ts';
import type { OtpVisit, VisitKind } from './visit.ts';

export interface Flow {
  readonly kind: VisitKind;
  /** Asks for the number, anew. */
  restart(
    deps: PortalDeps,
    exchange: Exchange,
    visit: { readonly redirect: Redirect; readonly lang: string | null },
    fault?: OtpFault,
  ): Promise<void>;
  /** The number is proven, and a pass that the phone had is over. May come again, by a second tap. */
  arrive(
    deps: PortalDeps,
    exchange: Exchange,
    visit: OtpVisit,
    proven: { readonly phone: string; readonly lang: string | null },
  ): Promise<void>;
}
