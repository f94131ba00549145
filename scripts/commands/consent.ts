import { textHash } from '../../portal/consent/texts.ts';
import { chainWaiting } from '../../radius/consents.ts';
import { toMobileE164 } from '../../settings/phone-number.ts';
import type { Store } from '../../store/contract.ts';
import type { ConsentEntry } from '../../store/types.ts';
import {
  type Command,
  numberOption,
  operand,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';

const HEAD = /^(\d{1,12}):([0-9a-f]{64})$/;
const EVERYTHING = 10_000_000;

export const consentList: Command = {
  summary: 'who agreed and withdrew, in keyed hashes, newest first',
  usage: '[--limit N]',
  options: { limit: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const limit = numberOption(context.options, 'limit', { min: 1, max: 100_000 }) ?? 100;
      await chainWaiting({ store });
      const entries = await store.listConsents(limit);
      context.print(entries, consentTable(entries, context.config.timeZone));
      return 0;
    }),
};

export const consentProof: Command = {
  summary:
    'what somebody agreed to, where and when, with the texts; also of an account that was erased',
  usage: 'USERNAME|PHONE|VOUCHER-ID',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      await chainWaiting({ store });
      const typed = operand(context, 'a username, a phone number, or the id of a voucher');
      const named = await store.consentsOf(typed);
      const entries =
        named.length > 0 ? named : await store.consentsOf(toMobileE164(typed) ?? typed);
      const texts = await textsOf(store, entries);
      const { brokenAt } = await store.verifyConsents();
      const document = { entries, texts, ledgerHolds: brokenAt === null };
      const words = texts.map(({ document: what, version, hash, indonesian }) =>
        [`--- ${what} ${version} ${hash}`, indonesian].join('\n'),
      );
      context.print(
        document,
        [
          entries.length === 0
            ? 'nothing is recorded under this name'
            : consentTable(entries, context.config.timeZone),
          ...words,
          brokenAt === null ? 'the ledger holds' : `the ledger is broken at entry ${brokenAt}`,
        ].join('\n'),
      );
      return entries.length > 0 && brokenAt === null ? 0 : 1;
    }),
};

export const consentVerify: Command = {
  summary:
    'prove that no entry of the ledger and no text was changed; --head: nor cut off since it was noted',
  usage: '[--head SEQ:HASH]',
  options: { head: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const noted = textOption(context.options, 'head');
      const match = noted === undefined ? null : HEAD.exec(noted);
      if (noted !== undefined && match === null) {
        throw new UsageError('--head is what an earlier consent verify printed: SEQ:HASH');
      }
      await chainWaiting({ store });
      const { entries, head, brokenAt } = await store.verifyConsents();
      const all = await store.listConsents(EVERYTHING);
      const changedTexts = (await textsOf(store, all))
        .filter((text) => textHash(text) !== text.hash)
        .map(({ hash }) => hash);
      const headHolds =
        match === null ||
        all.some(({ seq, hash }) => String(seq) === match[1] && hash === match[2]);
      const holds = brokenAt === null && changedTexts.length === 0 && headHolds;
      const faults = [
        ...(brokenAt === null ? [] : [`entry ${brokenAt} does not follow from the one before`]),
        ...changedTexts.map((hash) => `the text ${hash} was changed`),
        ...(headHolds ? [] : ['the noted entry is not in it any more']),
      ];
      context.print(
        { holds, entries, head: `${entries}:${head}`, brokenAt, changedTexts, headHolds },
        holds
          ? `the ledger of consents holds; note its head elsewhere: ${entries}:${head}`
          : `the ledger of consents is broken, compare with a backup:\n${faults.join('\n')}`,
      );
      return holds ? 0 : 1;
    }),
};

async function textsOf(store: Store, entries: readonly ConsentEntry[]) {
  const hashes = new Set(entries.flatMap(({ terms, privacy }) => [terms, privacy]));
  const texts = await Promise.all([...hashes].map((hash) => store.legalText(hash)));
  return texts.filter((text) => text !== null);
}

function consentTable(entries: readonly ConsentEntry[], timeZone: string): string {
  return table(
    ['seq', 'when', 'act', 'purposes', 'village', 'router', 'way', 'language', 'account', 'parent'],
    entries.map((e) => [
      e.seq,
      instant(e.at, timeZone),
      e.act,
      e.purposes,
      e.villageCode,
      e.router,
      e.method,
      e.language,
      e.accountKey.slice(0, 12),
      e.guardianKey === null ? '' : 'yes',
    ]),
  );
}
