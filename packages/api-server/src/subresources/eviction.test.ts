import { expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };

it.each([
  ['policy/v1', 201],
  ['policy/v1beta1', 201],
  ['policy/v1alpha1', 400],
  ['v1', 400],
])('apiVersion of an Eviction: %s is answered %i', (apiVersion, code) => {
  const ask = askCore();
  ask('POST', 'pods', POD);
  expect(ask('POST', 'pods/p/eviction', { apiVersion, kind: 'Eviction', metadata: { name: 'p' } }).code).toBe(code);
  expect(ask('GET', 'pods/p').code).toBe(code === 201 ? 404 : 200);
});
