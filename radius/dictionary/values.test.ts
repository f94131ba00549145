import { describe, expect, it } from 'vitest';
import { errorCauseName, terminateCause, valueName } from './values.ts';

describe('names of values', () => {
  it.each([
    ['Service-Type', 8, 'Authenticate-Only'],
    ['NAS-Port-Type', 15, 'Ethernet'],
    ['NAS-Port-Type', 19, 'Wireless-802.11'],
    ['NAS-Port-Type', 32, 'PPPoEoE'],
    ['Acct-Status-Type', 3, 'Interim-Update'],
    ['Acct-Status-Type', 15, 'Failed'],
    ['Acct-Terminate-Cause', 11, 'NAS-Reboot'],
    ['Acct-Terminate-Cause', 22, 'Port-Disabled'],
    ['Tunnel-Type', 13, 'VLAN'],
    ['Tunnel-Medium-Type', 6, 'IEEE-802'],
    ['Mikrotik-Wireless-Enc-Algo', 3, 'AES-CCM'],
    ['Mikrotik-Wireless-VLANID-Type', 1, '802.1ad'],
    ['NAS-Port-Type', 99, '99'],
  ] as const)('%s %i is %s', (attribute, value, name) => {
    expect(valueName(attribute, value)).toBe(name);
  });

  it.each([
    [401, 'Unsupported-Attribute'],
    [402, 'Missing-Attribute'],
    [403, 'NAS-Identification-Mismatch'],
    [404, 'Invalid-Request'],
    [405, 'Unsupported-Service'],
    [406, 'Unsupported-Extension'],
    [407, 'Invalid-Attribute-Value'],
    [501, 'Administratively-Prohibited'],
    [502, 'Request-Not-Routable'],
    [503, 'Session-Context-Not-Found'],
    [504, 'Session-Context-Not-Removable'],
    [505, 'Other-Proxy-Processing-Error'],
    [506, 'Resources-Unavailable'],
    [507, 'Request-Initiated'],
    [508, 'Multiple-Session-Selection-Unsupported'],
    [999, '999'],
    [undefined, 'None'],
  ])('Error-Cause %s is %s', (value, name) => {
    expect(errorCauseName(value)).toBe(name);
  });

  it('no terminate cause is Unknown', () => {
    expect(terminateCause(undefined)).toBe('Unknown');
    expect(terminateCause(77)).toBe('Unknown');
    expect(terminateCause(18)).toBe('Host-Request');
  });
});
