import { expect, it } from 'vitest';
import { parseResolvConf, parseUpstream } from './parse-resolv-conf.js';

it('takes the servers of a resolv.conf in their order, each once', () => {
  const text =
    '# nameserver 9.9.9.9\nsearch lan\nnameserver 192.0.2.1\r\n  nameserver\tfe80::1%eth0\nnameserver 192.0.2.1\nnameserver nonsense\noptions rotate\n';
  expect(parseResolvConf(text)).toEqual([
    { address: '192.0.2.1', port: 53 },
    { address: 'fe80::1%eth0', port: 53 },
  ]);
  expect(parseResolvConf(Array.from({ length: 50 }, (_, n) => `nameserver 192.0.2.${n}`).join('\n'))).toHaveLength(8);
});

it.each([
  ['192.0.2.1', { address: '192.0.2.1', port: 53 }],
  ['192.0.2.1:5353', { address: '192.0.2.1', port: 5353 }],
  ['2001:db8::1', { address: '2001:db8::1', port: 53 }],
  ['[2001:db8::1]:5353', { address: '2001:db8::1', port: 5353 }],
  ['[2001:db8::1]', { address: '2001:db8::1', port: 53 }],
  ['192.0.2.1:0', undefined],
  ['192.0.2.1:65536', undefined],
  ['192.0.2.256', undefined],
  ['dns.example', undefined],
  ['', undefined],
])('%s', (text, expected) => expect(parseUpstream(text)).toEqual(expected));
