import { expect, it } from 'vitest';
import { local } from '../test-input.ts';
import { stillNeeded } from './needs.ts';

it.each([
  [{}, []],
  [{ 'wan.kind': 'lte' }, []],
  [{ 'wan.kind': 'pppoe' }, ['wan.pppoe-user', 'wan.pppoe-password']],
  [{ 'wan.kind': 'pppoe', 'wan.pppoe-user': 'a' }, ['wan.pppoe-password']],
  [{ 'wan2.kind': 'static', 'wan2.address': '203.0.113.6/30' }, ['wan2.gateway']],
])('of %j there is still needed %j', (values, needed) => {
  expect(stillNeeded(local(values))).toEqual(needed);
});
