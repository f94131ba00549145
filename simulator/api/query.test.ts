import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { compileQuery } from './query.ts';

const ROW = {
  '.id': '*A',
  name: 'ether1',
  type: 'ether',
  mtu: '1500',
  disabled: 'true',
  comment: '',
};

describe('queries', () => {
  it.each<[string[], boolean]>([
    [[], true],
    [['?name'], true],
    [['?nothing'], false],
    [['?-nothing'], true],
    [['?-name'], false],
    [['?comment='], true],
    [['?name=ether1'], true],
    [['?=name=ether1'], true],
    [['?name=ether2'], false],
    [['?.id=*A'], true],
    [['?.id=A'], false],
    [['?disabled=yes'], true],
    [['?disabled=no'], false],
    [['?>mtu=900'], true],
    [['?<mtu=900'], false],
    [['?<mtu=1500'], false],
    [['?<name=f'], true],
    [['?name=ether1', '?type=wlan'], false],
    [['?name=ether1', '?type=wlan', '?#|'], true],
    [['?name=ether1', '?type=wlan', '?#&'], false],
    [['?type=wlan', '?#!'], true],
    [['?type=wlan', '?type=ether', '?type=vlan', '?#||'], true],
    [['?type=wlan', '?type=ether', '?#|!'], false],
    // A copy of the top is all that is left to fail.
    [['?type=wlan', '?#.', '?#!'], false],
    [['?type=ether', '?#.&'], true],
    // `1` alone puts the second value in the place of all.
    [['?type=ether', '?type=wlan', '?#1'], true],
    [['?type=ether', '?type=wlan', '?#0'], false],
    // `1.` pushes a copy of the second value.
    [['?type=ether', '?type=wlan', '?#1.|'], true],
  ])('%j is %s', (words, wanted) => {
    expect(compileQuery(words)(ROW)).toBe(wanted);
  });

  it('any words give an answer', () => {
    const word = fc.stringMatching(/^\?[-#<>=]?[a-z0-9.!&|=*]{0,12}$/);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        expect(typeof compileQuery(words)(ROW)).toBe('boolean');
      }),
      campaign(20_000),
    );
  });
});
