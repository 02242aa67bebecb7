import { createReport } from '@solo-kubelet/pod-spec/schema';
import { describe, expect, it } from 'vitest';
import { cidrWarnings, isStrictSubset, validateCidr } from './cidr.js';

const detailsOf = (text: string): readonly string[] => {
  const report = createReport();
  validateCidr(text, 'cidr', report);
  return report.errors.map(({ detail }) => detail);
};

describe('validateCidr', () => {
  it.each(['0.0.0.0/0', '10.0.0.0/8', '10.1.2.3/32', '::/0', '2001:DB8::/32', '::1/128'])('takes %s', (text) =>
    expect(detailsOf(text)).toEqual([]),
  );

  it.each([
    ['10.0.0.0', 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
    ['10.0.0.0/33', 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
    ['10.0.0.0/8/8', 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
    ['010.0.0.0/8', 'must not have leading 0s in IP or prefix length'],
    ['10.0.0.0/08', 'must not have leading 0s in IP or prefix length'],
    ['::ffff:10.0.0.0/104', 'must not have an IPv4-mapped IPv6 address'],
    ['10.0.0.1/8', 'must not have bits set beyond the prefix length'],
    ['2001:db8:8000::/32', 'must not have bits set beyond the prefix length'],
  ])('refuses %s', (text, detail) => expect(detailsOf(text)).toEqual([detail]));
});

it.each([
  ['10.1.0.0/16', '10.0.0.0/8', true],
  ['10.0.0.0/8', '10.0.0.0/8', false],
  ['11.0.0.0/16', '10.0.0.0/8', false],
  ['10.0.0.0/8', '10.0.0.0/16', false],
  ['2001:db8:1::/48', '2001:db8::/32', true],
  ['10.0.0.0/8', '::/0', false],
])('%s in %s: %s', (inner, outer, expected) => expect(isStrictSubset(inner, outer)).toBe(expected));

it('warns of an IPv6 block that is not in canonical form', () => {
  expect(cidrWarnings('2001:DB8:0::/48', 'cidr')).toEqual([
    'cidr: IPv6 CIDR value "2001:DB8:0::/48" should be in RFC 5952 canonical format ("2001:db8::/48")',
  ]);
  expect(cidrWarnings('10.0.0.0/8', 'cidr')).toEqual([]);
});
