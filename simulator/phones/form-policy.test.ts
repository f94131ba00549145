import { describe, expect, it } from 'vitest';
import { allowsFormTarget } from './form-policy.ts';

const PAGE = 'http://portal.test:8080/login';

describe('form-action', () => {
  it.each<[string | undefined, string, boolean]>([
    [undefined, 'http://any.test/', true],
    ["default-src 'none'", 'http://any.test/', true],
    ["form-action 'self'", 'http://portal.test:8080/x', true],
    ["form-action 'self'", 'http://portal.test/x', false],
    [
      "default-src 'none'; form-action 'self' http://127.64.0.1:8880",
      'http://127.64.0.1:8880/login',
      true,
    ],
    ["form-action 'self' http://127.64.0.1:8880", 'http://127.64.0.2:8880/login', false],
    ['form-action login.test', 'http://login.test/login', true],
    ['form-action http://login.test', 'https://login.test/login', true],
    ["form-action 'none'", 'http://portal.test:8080/', false],
    ['form-action', 'http://portal.test:8080/', false],
    ['form-action *', 'http://any.test/', true],
    ['form-action https:', 'http://any.test/', false],
    ["form-action *, form-action 'self'", 'http://any.test/', false],
  ])('%j to %s: %s', (policy, target, allowed) => {
    expect(allowsFormTarget(policy, PAGE, target)).toBe(allowed);
  });
});
