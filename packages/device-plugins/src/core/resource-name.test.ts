import { expect, it } from 'vitest';
import { isExtendedResourceName } from './resource-name.js';

it.each([
  ['example.com/camera', true],
  ['nvidia.com/mig-1g.5gb', true],
  ['a/B_c', true],
  ['cpu', false],
  ['kubernetes.io/gpu', false],
  ['node.kubernetes.io/gpu', false],
  ['requests.example.com/camera', false],
  ['Example.com/camera', false],
  ['example.com/', false],
  ['example.com/a/b', false],
  ['example.com/-a', false],
  [`example.com/${'a'.repeat(64)}`, false],
  ['hugepages-2Mi', false],
])('takes %s for the name of an extended resource: %s', (name, expected) => {
  expect(isExtendedResourceName(name)).toBe(expected);
});
