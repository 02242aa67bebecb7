import { expect, it } from 'vitest';
import { parseIngress } from './ingress-flags.js';

const none = { proxy: undefined, addresses: undefined, ports: undefined };

it('is haproxy at the usual ports of every address unless told otherwise', () => {
  expect(parseIngress(none)).toEqual({ proxy: 'haproxy', program: 'haproxy', httpPort: 80, httpsPort: 443 });
  expect(parseIngress({ proxy: '/opt/haproxy', addresses: ['192.0.2.1', '::1'], ports: '8080, 8443' })).toEqual({
    proxy: 'haproxy',
    program: '/opt/haproxy',
    addresses: ['192.0.2.1', '::1'],
    httpPort: 8_080,
    httpsPort: 8_443,
  });
  expect(parseIngress({ ...none, proxy: 'off' })).toBeUndefined();
  expect(parseIngress({ ...none, proxy: 'nginx' })).toMatchObject({ proxy: 'nginx', program: 'nginx' });
  expect(parseIngress({ ...none, proxy: '/opt/nginx' })).toMatchObject({ proxy: 'nginx', program: '/opt/nginx' });
});

it('gets certificates of an ACME server only where one is named', () => {
  const texts = { directory: 'https://ca.example/dir', email: undefined, caFile: undefined, issuers: undefined };
  expect(parseIngress({ ...none, acme: { ...texts, directory: undefined } })).not.toHaveProperty('acme');
  expect(parseIngress({ ...none, acme: texts })).toMatchObject({
    acme: { directoryUrl: 'https://ca.example/dir', issuers: ['letsencrypt', 'letsencrypt-prod'] },
  });
  expect(parseIngress({ ...none, acme: { ...texts, email: 'ada@example.com', caFile: '/etc/ca.pem', issuers: ['own'] } })).toMatchObject({
    acme: { email: 'ada@example.com', caFile: '/etc/ca.pem', issuers: ['own'] },
  });
  for (const [wrong, message] of [
    [{ directory: 'http://ca.example/' }, '--ingress-acme-directory "http://ca.example/": want an https URL'],
    [{ directory: 'https://me:secret@ca.example/' }, 'without a user'],
    [{ directory: 'letsencrypt' }, '--ingress-acme-directory "letsencrypt"'],
    [{ email: 'a@b,c@d' }, '--ingress-acme-email "a@b,c@d"'],
    [{ email: 'a@b?subject=x' }, '--ingress-acme-email'],
    [{ issuers: [''] }, '--ingress-acme-issuers'],
    [{ directory: undefined, email: 'a@b' }, 'only of use with --ingress-acme-directory'],
  ] as const)
    expect(parseIngress({ ...none, acme: { ...texts, ...wrong } })).toEqual({ error: expect.stringContaining(message) });
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
