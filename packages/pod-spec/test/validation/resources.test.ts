import { describe, expect, it } from 'vitest';
import { container, containerMessages, messagesOf, podWith } from './sound-pod.js';

const at = 'spec.containers[0].resources';

describe('the resources of a container', () => {
  it.each([
    [{ limits: { cpu: '1' }, requests: { cpu: '1' } }, []],
    [
      { limits: { cpu: '1' }, requests: { cpu: '1001m' } },
      [`${at}.requests: Invalid value: "1001m": must be less than or equal to cpu limit of 1`],
    ],
    [{ requests: { memory: '-1' } }, [`${at}.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`]],
    [
      { requests: { foo: '1' } },
      [
        `${at}.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified`,
        `${at}.requests[foo]: Invalid value: "foo": must be a standard resource for containers`,
      ],
    ],
    [{ requests: { 'example.com/gpu': '1' } }, [`${at}.limits: Required value: Limit must be set for non overcommitable resources`]],
    [
      { limits: { 'example.com/gpu': '2' }, requests: { 'example.com/gpu': '1' } },
      [`${at}.requests: Invalid value: "1": must be equal to example.com/gpu limit of 2`],
    ],
    [{ limits: { 'example.com/gpu': '1500m' } }, [`${at}.limits[example.com/gpu]: Invalid value: "1500m": must be an integer`]],
    [
      { limits: { 'requests.example.com/gpu': '1' } },
      [`${at}.limits[requests.example.com/gpu]: Invalid value: "requests.example.com/gpu": doesn't follow extended resource name standard`],
    ],
    [{ limits: { 'hugepages-2Mi': '2Mi' } }, [`${at}: Forbidden: HugePages require cpu or memory`]],
    [
      { limits: { 'hugepages-2Mi': '3Mi', cpu: '1' } },
      [`${at}.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`],
    ],
    [{ claims: [{ name: 'a' }] }, [`${at}.claims[0]: Not found: "a": must be one of the names in pod.spec.resourceClaims which is empty`]],
  ])('%j', (resources, messages) => expect(containerMessages({ resources })).toEqual(messages));

  it.each([
    [[{ name: 'a' }], 0],
    [
      [
        { name: 'a', request: 'x' },
        { name: 'a', request: 'y' },
      ],
      0,
    ],
    [[{ name: 'a', request: 'x' }, { name: 'a' }], 1],
    [[{ name: 'a' }, { name: 'a', request: 'x' }], 1],
    [[{ name: 'b' }], 1],
    [[{}], 1],
  ])('claims %j: %i error(s)', (claims, count) =>
    expect(containerMessages({ resources: { claims } }, { resourceClaims: [{ name: 'a', resourceClaimName: 'c' }] })).toHaveLength(count),
  );
});

describe('the resources of the Pod', () => {
  const holds = container({ resources: { requests: { cpu: '1', 'hugepages-2Mi': '2Mi' }, limits: { cpu: '3', 'hugepages-2Mi': '2Mi' } } });
  it.each([
    [{ requests: { cpu: '1', 'hugepages-2Mi': '2Mi' }, limits: { 'hugepages-2Mi': '2Mi' } }, []],
    // What the Pod does not name is not compared.
    [{ requests: { memory: '1Gi' } }, []],
    [{}, []],
    [
      { requests: { cpu: '999m', 'hugepages-2Mi': '2Mi' }, limits: { 'hugepages-2Mi': '2Mi' } },
      ['spec.resources.requests[cpu]: Invalid value: "999m": must be greater than or equal to aggregate container requests of 1'],
    ],
    [
      { requests: { cpu: '1', 'hugepages-2Mi': '2Mi' }, limits: { cpu: '2', 'hugepages-2Mi': '2Mi' } },
      ['spec.resources.containers[0][cpu].limits: Invalid value: "3": must be less than or equal to pod limits of 2'],
    ],
    [
      { requests: { cpu: '1', 'hugepages-2Mi': '0' }, limits: { 'hugepages-2Mi': '0' } },
      [
        'spec.resources.requests[hugepages-2Mi]: Invalid value: "0": must be greater than or equal to aggregate container requests of 2Mi',
        'spec.resources.limits[hugepages-2Mi]: Invalid value: "0": must be greater than or equal to aggregate container limits of 2Mi',
        'spec.resources.containers[0][hugepages-2Mi].limits: Invalid value: "2Mi": must be less than or equal to pod limits of 0',
      ],
    ],
  ])('%j', (resources, messages) => expect(messagesOf(podWith({ containers: [holds], resources }))).toEqual(messages));

  it.each([
    [
      { requests: { 'ephemeral-storage': '1' } },
      [
        'spec.resources.requests[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
      ],
    ],
    [{ claims: [] }, ['spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level']],
  ])('%j', (resources, messages) => expect(messagesOf(podWith({ resources }))).toEqual(messages));
});

it('has the rules of a limit for the overhead', () =>
  expect(messagesOf(podWith({ overhead: { cpu: '-1', foo: '1' } }))).toEqual([
    'spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    'spec.overhead.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
    'spec.overhead.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
  ]));
