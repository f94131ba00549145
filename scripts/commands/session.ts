import { realClock } from '../../lib/clock.ts';
import {
  audit,
  type Command,
  numberOption,
  operand,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';

export const sessionList: Command = {
  summary: 'list sessions, newest first',
  usage: '[--router NAME] [--open] [--limit N]',
  options: { router: { type: 'string' }, open: { type: 'boolean' }, limit: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const name = textOption(context.options, 'router');
      const router = name === undefined ? undefined : await store.routerByName(name);
      if (router === null) throw new UsageError(`there is no router ${name}`);
      const sessions = await store.listSessions({
        ...(router === undefined ? {} : { routerId: router.id }),
        openOnly: context.options.open === true,
        limit: numberOption(context.options, 'limit', { min: 1, max: 100_000 }) ?? 100,
      });
      context.print(
        sessions,
        table(
          ['id', 'router', 'state', 'started', 'seconds', 'in', 'out', 'ended by'],
          sessions.map((s) => [
            s.id,
            s.router,
            s.state,
            instant(s.startedAt, context.config.timeZone),
            s.seconds,
            s.inputOctets,
            s.outputOctets,
            s.stopCause,
          ]),
        ),
      );
      return 0;
    }),
};

export const sessionWaiting: Command = {
  summary: 'list changes and ends of sessions that no router has acknowledged, and why',
  usage: '[--limit N]',
  options: { limit: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const limit = numberOption(context.options, 'limit', { min: 1, max: 100_000 }) ?? 100;
      const waiting = await store.listEnforcement(limit);
      const at = (ms: number): string => instant(ms, context.config.timeZone);
      context.print(
        waiting,
        table(
          ['session', 'router', 'action', 'why', 'asked', 'attempts', 'next', 'last error'],
          waiting.map(({ session, action, reason, requestedAt, attempts, nextAt, error }) => [
            session.id,
            session.router,
            action,
            reason,
            at(requestedAt),
            attempts,
            nextAt === null ? 'given up' : nextAt === 0 ? 'now' : at(nextAt),
            error,
          ]),
        ),
      );
      return 0;
    }),
};

export const sessionDisconnect: Command = {
  summary: 'end an open session; the running server sends the Disconnect-Request',
  usage: 'ID [--reason TEXT]',
  options: { reason: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const id = operand(context, 'the id of the session');
      const reason = textOption(context.options, 'reason') ?? 'operator';
      const at = realClock.now();
      if (!(await store.requestDisconnect({ sessionId: id, reason, at }))) {
        throw new UsageError(`there is no open session ${id}: see smartwifi session list --open`);
      }
      await audit(store, 'session.disconnect', id, reason);
      context.print({ requested: id }, `the end of session ${id} is requested`);
      return 0;
    }),
};
