import { createReport, type Report } from '@solo-kubelet/pod-spec/schema';
import { expect, it } from 'vitest';
import { ipWarnings, validateCanonicalIp, validateEndpointIp } from './ip-rules.js';

const detailsOf = (rule: (text: string, field: string, report: Report) => unknown, text: string): readonly string[] => {
  const report = createReport();
  rule(text, 'ip', report);
  return report.errors.map(({ detail }) => detail);
};

it.each([
  ['10.1.2.3', []],
  ['2001:db8::1', []],
  ['0.0.0.0', ['may not be unspecified (0.0.0.0)']],
  ['::', ['may not be unspecified (::)']],
  ['127.9.9.9', ['may not be in the loopback range (127.0.0.0/8, ::1/128)']],
  ['::1', ['may not be in the loopback range (127.0.0.0/8, ::1/128)']],
  ['169.254.1.1', ['may not be in the link-local range (169.254.0.0/16, fe80::/10)']],
  ['febf::1', ['may not be in the link-local range (169.254.0.0/16, fe80::/10)']],
  ['224.0.0.9', ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)']],
  ['ff12::1', ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)']],
  ['224.0.1.9', []],
])('an endpoint at %s', (text, details) => expect(detailsOf(validateEndpointIp, text)).toEqual(details));

it.each([
  ['2001:db8::1', []],
  ['2001:DB8:0:0::1', ['must be in canonical form ("2001:db8::1")']],
  ['1:0:0:2:0:0:0:3', ['must be in canonical form ("1:0:0:2::3")']],
  ['1:0:2:3:4:5:6:7', []],
  ['::10.1.2.3', ['must be in canonical form ("::a01:203")']],
  ['::ffff:10.1.2.3', ['must not be an IPv4-mapped IPv6 address']],
])('the canonical form of %s', (text, details) => expect(detailsOf(validateCanonicalIp, text)).toEqual(details));

it.each([
  ['10.1.2.3', []],
  ['none', []],
  ['010.1.2.3', ['ip: non-standard IP address "010.1.2.3" is invalid: use "10.1.2.3"']],
  ['::ffff:10.1.2.3', ['ip: non-standard IP address "::ffff:10.1.2.3" is invalid: use "10.1.2.3"']],
  ['FE80::1', ['ip: IPv6 address "FE80::1" should be in RFC 5952 canonical format ("fe80::1")']],
])('warnings about %s', (text, warnings) => expect(ipWarnings(text, 'ip')).toEqual(warnings));
