/** Routers on the shelf, exchanged, stolen, given back; and who may enter one that has lost its tunnel. */
import { serviceUserOf } from '../../controller/enrol/service-account.ts';
import { realClock } from '../../lib/clock.ts';
import type { Store } from '../../store/contract.ts';
import type { Router } from '../../store/types.ts';
import {
  CLI,
  type Command,
  operand,
  operandsOf,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant } from '../table.ts';
import { writePeers } from './enrolment.ts';
import { requireRouter } from './router.ts';

export const routerSpare: Command = {
  summary: 'put an enrolled router on the shelf, ready to replace another; --back takes it off',
  usage: 'NAME [--back] [--reason TEXT]',
  options: { back: { type: 'boolean' }, reason: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const router = await requireRouter(store, operand(context, 'the name of the router'));
      const life = context.options.back === true ? 'active' : 'spare';
      const reason = textOption(context.options, 'reason') ?? '';
      const at = realClock.now();
      if (!(await store.shelveRouter({ routerId: router.id, life, reason, by: CLI, at }))) {
        throw new UsageError(`${router.name} is lost or released`);
      }
      await writePeers(context, store);
      context.print(
        { router: router.name, life },
        life === 'spare' ? `${router.name} is a spare` : `${router.name} serves again`,
      );
      return 0;
    }),
};

export const routerReplace: Command = {
  summary: "let a spare's board take a router's place; name, LAN and history stay, old secrets die",
  usage: 'OLD SPARE [--reason TEXT]',
  options: { reason: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const [name = '', spareName = ''] = operandsOf(context, [
        'the router that is replaced',
        'the spare that takes its place',
      ]);
      const [router, spare] = [
        await requireRouter(store, name),
        await requireRouter(store, spareName),
      ];
      const reason = textOption(context.options, 'reason') ?? '';
      const board = await pinText(store, spare);
      const result = await store.replaceRouter({
        routerId: router.id,
        spareId: spare.id,
        reason,
        by: CLI,
        at: realClock.now(),
      });
      if (result.outcome !== 'replaced') {
        throw new UsageError(
          `${spareName} cannot take its place: it must be enrolled, seen once and a spare (router spare)`,
        );
      }
      await writePeers(context, store);
      context.print(
        { router: result.router, was: router.address },
        `${name} is ${board} now, at ${result.router.address}: smartwifi router apply ${name}`,
      );
      return 0;
    }),
};

export const routerLost: Command = {
  summary: 'revoke at once all that a router knows: its key, its NAS secret, its API password',
  usage: 'NAME --reason TEXT',
  options: { reason: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const router = await requireRouter(store, operand(context, 'the name of the router'));
      const reason = requiredOption(context.options, 'reason');
      const at = realClock.now();
      await store.retireRouter({ routerId: router.id, life: 'lost', reason, by: CLI, at });
      await writePeers(context, store);
      context.print(
        { router: router.name, life: 'lost' },
        `${router.name} is lost: its key, NAS secret and API password are worth nothing any more`,
      );
      return 0;
    }),
};

export const routerServiceAccount: Command = {
  summary: "show a technician's way into a router without a tunnel; audited, and changed after",
  usage: 'NAME --reason TEXT',
  options: { reason: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const router = await requireRouter(store, operand(context, 'the name of the router'));
      const reason = requiredOption(context.options, 'reason');
      const at = realClock.now();
      // In one commit with its entry in the audit trail: nobody sees it without a trace.
      const account = await store.revealServiceAccount({
        routerId: router.id,
        by: CLI,
        reason,
        at,
      });
      const { user, password } = serviceUserOf(store, account.seed);
      context.print(
        { router: router.name, user, password, revealedAt: at },
        [
          `router    ${router.name}, asked for ${instant(at, context.config.timeZone)}`,
          `user      ${user}`,
          `password  ${password}`,
          'Winbox by MAC address on the service port (setting service.port). The next apply changes it.',
        ].join('\n'),
      );
      return 0;
    }),
};

async function pinText(store: Store, router: Router): Promise<string> {
  const pin = (await store.enrolment(router.id))?.pin ?? null;
  return pin === null ? 'a board never seen' : `board ${pin.serial} (${pin.board})`;
}
