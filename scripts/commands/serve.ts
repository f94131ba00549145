import { once } from 'node:events';
import { keepCompiled } from '../../config/compiled.ts';
import { type Command, UsageError } from '../command.ts';
import { isRole, ROLES } from '../serve/roles.ts';

export const serve: Command = {
  summary: `run the service, or only some of its roles: ${ROLES.join(', ')}`,
  usage: `[${ROLES.join(' ')}]`,
  options: {},
  run: async (context) => {
    const unknown = context.operands.filter((word) => !isRole(word));
    if (unknown.length > 0) {
      throw new UsageError(`there is no role ${unknown.join(', ')}: there are ${ROLES.join(', ')}`);
    }
    const roles = context.operands.filter(isRole);
    keepCompiled(context.config);
    // Loaded only now, so that it is kept.
    const { startService } = await import('../serve/serve.ts');
    await using service = await startService({
      config: context.config,
      ...(roles.length === 0 ? {} : { roles }),
    });
    const { portal, auth, acct, radsec, resolver, metrics } = service.ports;
    context.progress(
      `ready: portal ${portal ?? '-'}, RADIUS ${[auth ?? '-', acct ?? '-', ...(radsec === null ? [] : [radsec])].join('/')}, DNS ${resolver ?? '-'}, metrics ${metrics}`,
    );
    if (!context.signal.aborted) await Promise.race([once(context.signal, 'abort'), service.died]);
    return 0;
  },
};
