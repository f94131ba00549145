import { requireCategory } from '../../filter/categories.ts';
import { explain } from '../../filter/explain.ts';
import { requireWire } from '../../filter/name.ts';
import type { Store } from '../../store/contract.ts';
import type { Policy } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  operand,
  textOption,
  UsageError,
  withStore,
  wordsOption,
} from '../command.ts';
import { PLACE_OPTIONS, requirePlace } from '../place.ts';
import { table } from '../table.ts';
import { explainLoginHere } from './explain-login.ts';

export const policySet: Command = {
  summary: 'say what a village, district or regency may reach; the nearest level decides',
  usage:
    '(--village CODE | --district CODE | --regency CODE) [--block adult,gambling] [--allow NAMES] [--deny NAMES]',
  options: {
    ...PLACE_OPTIONS,
    block: { type: 'string' },
    allow: { type: 'string' },
    deny: { type: 'string' },
  },
  run: (context) =>
    withStore(context, async (store) => {
      const policy = await policyOf(context, store);
      await store.setPolicy(policy);
      await audit(store, 'policy.set', `${policy.level}:${policy.code}`, JSON.stringify(policy));
      context.print(
        policy,
        `policy of ${policy.level} ${policy.code}: blocks ${policy.block.join(', ') || 'nothing'}`,
      );
      return 0;
    }),
};

export const policyList: Command = {
  summary: 'list the policies',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const policies = await store.listPolicies();
      context.print(
        policies,
        table(
          ['level', 'code', 'blocks', 'allows', 'denies'],
          policies.map((p) => [
            p.level,
            p.code,
            p.block.join(','),
            p.allow.join(','),
            p.deny.join(','),
          ]),
        ),
      );
      return 0;
    }),
};

export const explainName: Command = {
  summary: 'say why a name is blocked or not, or what becomes of a login, and by which rule',
  usage: '(NAME | --login USERNAME|CODE|MAC [--mac MAC]) (--router NAME | --village CODE)',
  options: {
    router: { type: 'string' },
    village: { type: 'string' },
    login: { type: 'string' },
    mac: { type: 'string' },
  },
  run: (context) =>
    withStore(context, async (store) => {
      if (context.options.login !== undefined) return explainLoginHere(context, store);
      const name = operand(context, 'the name to explain');
      const place = await placeOf(context, store);
      const said = await explain(name, {
        ...place,
        policies: await store.listPolicies(),
        lists: await store.listLists(),
        directory: context.config.resolver.listsDirectory,
        portalHosts: [context.config.network.loginHost],
      });
      const rule =
        said.decider.kind === 'list'
          ? `line ${said.decider.line} of list ${said.decider.list} (${said.decider.category}): ${said.decider.entry}`
          : said.decider.kind === 'none'
            ? 'no rule speaks of it'
            : `${said.decider.kind}: ${said.decider.rule}`;
      context.print(
        said,
        `${said.name} is ${said.verdict}\nbecause  ${rule}\npolicy   ${said.policy.level} ${said.policy.code} blocks ${said.policy.block.join(', ') || 'nothing'}`,
      );
      return 0;
    }),
};

async function policyOf(context: CommandContext, store: Store): Promise<Policy> {
  const { level, code } = await requirePlace(context, store);
  const policy = {
    level,
    code,
    block: wordsOption(context.options, 'block').map(requireCategory),
    allow: wordsOption(context.options, 'allow'),
    deny: wordsOption(context.options, 'deny'),
  };
  for (const name of [...policy.allow, ...policy.deny]) requireWire(name);
  return policy;
}

async function placeOf(
  context: CommandContext,
  store: Store,
): Promise<{ village: string; district: string }> {
  const name = textOption(context.options, 'router');
  const code = textOption(context.options, 'village');
  if (name !== undefined) {
    const router = await store.routerByName(name);
    if (router === null) throw new UsageError(`there is no router ${name}`);
    return { village: router.villageCode, district: router.districtCode };
  }
  if (code === undefined) throw new UsageError('give --router or --village');
  const village = await store.village(code);
  if (village === null) throw new UsageError(`there is no village ${code}`);
  return { village: village.code, district: village.districtCode };
}
