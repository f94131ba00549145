/**
 * Dynamic rows of `/ip/firewall/address-list`: phones whose Access-Accept put them on a list, and the
 * addresses of entries that are names. A router resolves names all the time; the twin does so when a phone
 * on a list comes, so that a fleet of twins asks nobody for nothing.
 */

import type { MenuTree } from '../menu/contract.ts';
import type { Sessions } from './sessions.ts';
import { parseRange } from './values.ts';

export interface AddressLists {
  /** Sessions began or ended. */
  follow(): void;
  /** Resolves when the names that were to be resolved are. */
  ready(): Promise<void>;
}

export interface AddressListsOptions {
  readonly tree: MenuTree;
  readonly sessions: Sessions;
  readonly lookup: (name: string) => Promise<string | null>;
}

const PATH = '/ip/firewall/address-list';

export function createAddressLists({ tree, sessions, lookup }: AddressListsOptions): AddressLists {
  let resolved: Record<string, string>[] = [];
  let written = '';
  let pending: Promise<void> = Promise.resolve();
  let phones: Record<string, string>[] = [];

  const write = (): void => {
    const rows = [...phones, ...resolved];
    const text = JSON.stringify(rows);
    if (text !== written) tree.setDynamic(PATH, rows);
    written = text;
  };
  const resolve = async (): Promise<void> => {
    const named = tree
      .active(PATH)
      .filter(({ dynamic, values }) => !dynamic && parseRange(values.address ?? '') === null);
    const found = await Promise.all(
      named.map(async ({ values: { list = '', address = '' } }) => {
        const resolvedTo = await lookup(address);
        return resolvedTo === null ? [] : [{ list, address: resolvedTo, comment: address }];
      }),
    );
    resolved = found.flat();
    write();
  };
  return {
    follow: () => {
      const before = phones.length;
      phones = sessions
        .running()
        .flatMap(({ addressList, host }) =>
          addressList === null ? [] : [{ list: addressList, address: host.ip }],
        );
      // At once: the phone's next packet is judged by it.
      write();
      if (phones.length > before) pending = pending.then(resolve);
    },
    ready: () => pending,
  };
}
