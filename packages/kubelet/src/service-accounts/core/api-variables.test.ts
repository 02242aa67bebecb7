import { expect, it } from 'vitest';
import { apiVariables } from './api-variables.js';

const pod = (hostNetwork: boolean, volume = 'kube-api-access-abcde') => ({
  spec: { containers: [{ name: 'app' }], hostNetwork, volumes: [{ name: volume }] },
});
const NODE_IPS = ['2001:db8::7', '192.0.2.7'];

it.each([
  ['127.0.0.1', false, undefined],
  ['127.0.0.1', true, '127.0.0.1'],
  ['::1', false, undefined],
  ['localhost', true, 'localhost'],
  ['0.0.0.0', false, '192.0.2.7'],
  ['0.0.0.0', true, '192.0.2.7'],
  ['::', false, '2001:db8::7'],
  ['10.88.0.1', false, '10.88.0.1'],
])('an API that is served at %s is reached by a Pod (host network: %s) at %s', (host, hostNetwork, address) => {
  expect(apiVariables(pod(hostNetwork), { host, port: 6443 }, NODE_IPS)?.get('KUBERNETES_SERVICE_HOST')).toBe(address);
});

it('tells the port, and nothing to a Pod without a token', () => {
  const served = { host: '0.0.0.0', port: 7443 };
  expect(Object.fromEntries(apiVariables(pod(false), served, NODE_IPS) ?? [])).toMatchObject({
    KUBERNETES_SERVICE_PORT: '7443',
    KUBERNETES_SERVICE_PORT_HTTPS: '7443',
  });
  expect(apiVariables(pod(false, 'data'), served, NODE_IPS)).toBeUndefined();
});
