/** `otp test`: one message by the gateways of `portal.otp`, paid for like any other. */
import { randomInt } from 'node:crypto';
import { realClock } from '../../lib/clock.ts';
import type { DispatchResult } from '../../portal/gateways/dispatch.ts';
import { createExchange, type Exchange } from '../../portal/gateways/exchange.ts';
import type { GatewayKind, Message } from '../../portal/gateways/gateway.ts';
import { translator } from '../../portal/i18n.ts';
import { paidDispatcher } from '../../portal/otp/sender.ts';
import { maskedNumber, toMobileE164 } from '../../settings/phone-number.ts';
import {
  audit,
  type Command,
  type CommandContext,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { table } from '../table.ts';

const CURES: Readonly<Partial<Record<DispatchResult, string>>> = {
  credentials: 'correct secret (and userkey or appId) in portal.otp.gateways',
  limit: 'top up the account, or wait: its quota or rate is used up',
  message: 'try another number; for whatsapp see that the template is approved',
  disconnected: 'link the WhatsApp phone of the gateway again, in its dashboard',
  timeout: 'try again; raise timeoutSeconds where the link is slow',
  unreachable: 'see that this server reaches the address, and that its certificate is in order',
  garbage: 'see that origin (or url) is that of the API',
  cap: 'raise portal.otp.costPerDay or costPerMonth',
};

export const otpTest: Command = {
  summary:
    'send a code that is none, to see whether a gateway works; it costs what a message costs',
  usage: '--to 0812… [--gateway NAME]',
  options: { to: { type: 'string' }, gateway: { type: 'string' } },
  run: async (context) => tryGateways(context, createExchange()),
};

export async function tryGateways(context: CommandContext, exchange: Exchange): Promise<number> {
  const { config, options } = context;
  const { otp } = config.portal;
  const to = toMobileE164(requiredOption(options, 'to'));
  if (to === null) throw new UsageError('--to expects an Indonesian mobile number');
  const only = textOption(options, 'gateway');
  const names = otp.gateways.map(({ name }) => name);
  if (names.length === 0) throw new UsageError('portal.otp.gateways is empty: codes are off');
  if (only !== undefined && !names.includes(only)) {
    throw new UsageError(`there is no gateway ${only}; there are ${names.join(', ')}`);
  }
  return withStore(context, async (store) => {
    const attempts: { gateway: GatewayKind; result: DispatchResult }[] = [];
    const dispatcher = paidDispatcher({
      ...{ store, otp, exchange, clock: realClock, random: Math.random },
      timeZone: config.timeZone,
      counted: { message: (gateway, result) => void attempts.push({ gateway, result }) },
    });
    const sent = await dispatcher.send(trial(to), { only, payer: null });
    const outcome = sent.kind === 'accepted' ? `accepted by ${sent.gateway}` : 'not sent';
    await audit(store, 'otp.test', maskedNumber(to), outcome);
    context.print(
      { to: maskedNumber(to), ...sent, attempts },
      `${table(
        ['gateway', 'result', 'what to do'],
        attempts.map(({ gateway, result }) => [gateway, result, CURES[result] ?? '']),
      )}\n${maskedNumber(to)}: ${outcome}`,
    );
    return sent.kind === 'accepted' ? 0 : 1;
  });
}

function trial(to: Message['to']): Message {
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const t = translator('id', { office: '', village: 'Uji' });
  const text = t('otp.message', { code, network: t('place.network.other'), n: 5 });
  return { to, code, locale: 'id', link: null, text, idempotencyKey: `test-${Date.now()}` };
}
