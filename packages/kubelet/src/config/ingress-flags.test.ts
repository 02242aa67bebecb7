import { expect, it } from 'vitest';
import { parseIngress } from './ingress-flags.js';

const none = { proxy: undefined, addresses: undefined, ports: undefined };

it('is haproxy at the usual ports of every address unless told otherwise', () => {
  expect(parseIngress(none)).toEqual({ program: 'haproxy', httpPort: 80, httpsPort: 443 });
  expect(parseIngress({ proxy: '/opt/haproxy', addresses: ['192.0.2.1', '::1'], ports: '8080, 8443' })).toEqual({
    program: '/opt/haproxy',
    addresses: ['192.0.2.1', '::1'],
    httpPort: 8_080,
    httpsPort: 8_443,
  });
  expect(parseIngress({ ...none, proxy: 'off' })).toBeUndefined();
});

it.each([
  [{ proxy: 'squid' }, '--ingress-proxy "squid"'],
  [{ addresses: ['localhost'] }, '"localhost" is no IP address'],
  [{ ports: '80' }, '--ingress-ports 80'],
  [{ ports: '80,80' }, 'two ports'],
  [{ ports: '80,443,444' }, 'two ports'],
  [{ ports: '0,443' }, 'two ports'],
  [{ ports: '80,70000' }, 'two ports'],
])('%j is refused', (texts, message) => {
  expect(parseIngress({ ...none, ...texts })).toEqual({ error: expect.stringContaining(message) });
});
