import { describe, expect, it } from 'vitest';
import { connectRouter } from './client.ts';
import { RouterOsError, RouterTrap } from './errors.ts';

describe("a router's words", () => {
  it('do not paint the terminal that they end on, and are kept as they were', () => {
    const said = 'no\u001B[31m red \u001B]0;title\u0007\u202Efdp.exe';

    const { message, messages } = new RouterTrap([said, 'again'], null);

    expect(message).toBe('no\\x1b[31m red \\x1b]0;title\\x07\\u{202e}fdp.exe; again');
    expect(messages).toEqual([said, 'again']);
    expect(new RouterOsError('ROUTER_LOST', said).message).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });
});

describe('an address that this machine does not have', () => {
  it('is named, with what to do', async () => {
    const dialling = connectRouter({
      ...{ host: '127.0.0.1', port: 1, user: 'admin', password: '' },
      // TEST-NET-3 (RFC 5737).
      localAddress: '203.0.113.9',
    });

    await expect(dialling).rejects.toMatchObject({
      code: 'ROUTER_UNREACHABLE',
      message: expect.stringMatching(/203\.0\.113\.9.*network\.controllerAddress/),
    });
  });
});
