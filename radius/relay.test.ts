import { describe, expect, it } from 'vitest';
import { Code } from './attributes.ts';
import { decodePacket, encodePacket, octetsOf } from './codec.ts';
import { encodeRelayed, rawAttributes, rewriteVendor } from './relay.ts';

const MICROSOFT = [0, 0, 1, 55];
/** A vendor that nobody here knows, Class, and two values of Microsoft's in one attribute. */
const FOREIGN = Uint8Array.of(26, 9, 0, 0, 0, 9, 1, 3, 65);
const CLASS = Uint8Array.of(25, 3, 7);
const KEYS = Uint8Array.of(26, 14, ...MICROSOFT, 16, 4, 1, 2, 17, 4, 3, 4);

describe('relayed attributes', () => {
  const request = decodePacket(
    encodePacket({
      code: Code.accessRequest,
      identifier: 9,
      messageAuthenticator: true,
      attributes: [
        ['Proxy-State', 'b'],
        ['User-Name', 'siti'],
        ['Proxy-State', 'a'],
      ],
    }),
  );

  it('are kept octet for octet, before the Proxy-States of the request', () => {
    const attributes = Buffer.concat([FOREIGN, CLASS]);

    const reply = decodePacket(
      encodeRelayed({ code: Code.accessAccept, identifier: 9, attributes, proxyStatesOf: request }),
    );

    expect(reply).toMatchObject({ code: Code.accessAccept, identifier: 9 });
    expect(reply.messageAuthenticatorAt).toBe(22);
    expect(Buffer.concat(rawAttributes(reply).slice(1))).toEqual(
      Buffer.concat([attributes, Buffer.from([33, 3, 98, 33, 3, 97])]),
    );
    expect(octetsOf(reply, 'Class')).toEqual(Buffer.from([7]));
  });

  it('that do not fit one packet are an error', () => {
    const attributes = Buffer.alloc(4096 - 37);

    expect(() => encodeRelayed({ code: 2, identifier: 1, attributes })).toThrow(
      expect.objectContaining({ code: 'RADIUS_ENCODE' }),
    );
  });

  it('of one vendor are rewritten value by value', () => {
    const doubled = rewriteVendor(KEYS, 311, (type, value) =>
      type === 16 ? value.map((octet) => octet * 2) : null,
    );

    expect(doubled).toEqual(Buffer.from([26, 10, ...MICROSOFT, 16, 4, 2, 4]));
    expect(rewriteVendor(KEYS, 311, () => null)).toBeNull();
    expect(rewriteVendor(FOREIGN, 311, () => null)).toBe(FOREIGN);
    expect(rewriteVendor(CLASS, 311, () => null)).toBe(CLASS);
  });
});
