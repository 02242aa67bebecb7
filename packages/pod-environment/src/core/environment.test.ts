import type { Container, EnvVar } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { containerEnvironment, type EnvironmentInput } from './environment.js';
import { mountSubPath } from './sub-path-expression.js';

const environment = (env: readonly EnvVar[], input: Partial<EnvironmentInput> = {}) => {
  const pod = input.pod ?? testPod({ containers: [{ env }] });
  return containerEnvironment({
    pod,
    nodeName: 'node1',
    nodeIps: ['192.0.2.10'],
    podIps: ['10.1.0.5'],
    allocatable: { cpu: '4', memory: '8Gi', 'ephemeral-storage': '20Gi' },
    envFiles: new Map(),
    ...input,
    container: { name: 'app', env, ...input.container },
  });
};
const resources: NonNullable<Container['resources']> = { limits: { cpu: '1500m', memory: '100Mi' }, requests: { cpu: '1m' } };
const resourceOf = (
  resource: string,
  divisor?: string,
  input: Partial<EnvironmentInput> = {},
  containerName?: string,
): string | undefined =>
  environment(
    [{ name: 'R', valueFrom: { resourceFieldRef: { resource, ...(divisor && { divisor }), ...(containerName && { containerName }) } } }],
    input,
  ).get('R');

describe('containerEnvironment', () => {
  it('keeps the order of the manifest, expands what came before and lets the last of a name win', () => {
    const variables = environment([
      { name: 'B', value: 'b' },
      { name: 'A', value: '$(B)-$(LATER)-$$(B)' },
      { name: 'LATER', value: 'x' },
      { name: 'EMPTY' },
      { name: 'B', value: 'changed' },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ]);
    expect([...variables]).toEqual([
      ['B', 'changed'],
      ['A', 'b-$(LATER)-$(B)'],
      ['LATER', 'x'],
      ['EMPTY', ''],
      ['IP', '10.1.0.5'],
    ]);
  });

  const own = { container: { name: 'app', resources } };
  it.each([
    ['limits.cpu', undefined, '2'],
    ['limits.cpu', '1m', '1500'],
    ['limits.memory', undefined, '104857600'],
    ['limits.memory', '1Mi', '100'],
    ['limits.memory', '1Gi', '1'],
    ['limits.memory', '0', '104857600'],
    ['requests.cpu', undefined, '1'],
    ['requests.memory', undefined, '0'],
    ['limits.ephemeral-storage', '1Gi', '20'],
    ['limits.hugepages-2Mi', undefined, '0'],
  ])('%s by %s is %s', (resource, divisor, expected) => {
    expect(resourceOf(resource, divisor, own)).toBe(expected);
  });

  it('falls back to the pod limit before the node, but not for an init container named from elsewhere', () => {
    const pod = testPod({ resources: { limits: { cpu: '3' } }, initContainers: [{ name: 'init' }], containers: [{}, { name: 'other' }] });
    expect(resourceOf('limits.cpu', undefined, { pod })).toBe('3');
    expect(resourceOf('limits.memory', '1Gi', { pod })).toBe('8');
    expect(resourceOf('limits.cpu', undefined, { pod }, 'other')).toBe('3');
    expect(resourceOf('limits.cpu', undefined, { pod }, 'init')).toBe('0');
  });

  const fileRef = (optional?: boolean): EnvVar => ({
    name: 'F',
    valueFrom: { fileKeyRef: { volumeName: 'v', path: 'env', key: 'K', ...(optional && { optional }) } },
  });
  const withFile = (content: string) => ({ envFiles: new Map([['v/env', { content }]]) });
  it('reads keys of files', () => {
    expect(environment([fileRef()], withFile("K='value'\n")).get('F')).toBe('value');
    expect(environment([fileRef(true)], withFile("OTHER='x'\n")).has('F')).toBe(false);
  });

  it.each([
    ['a key that is missing', [fileRef()], withFile("OTHER='x'\n"), 'environment variable key "K" not found'],
    ['a malformed file even when optional', [fileRef(true)], withFile('K=bare\n'), "couldn't parse env file"],
    ['an unreadable file', [fileRef(true)], { envFiles: new Map([['v/env', { error: 'ENOENT' }]]) }, "couldn't parse env file: ENOENT"],
    ['a volume that nobody mounts', [fileRef()], {}, 'volume "v" is not mounted'],
    [
      'a secret',
      [{ name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
      {},
      "couldn't get secret default/s, no kubeClient defined",
    ],
    ['an unknown field', [{ name: 'S', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } }], {}, 'unsupported fieldPath: spec.x'],
  ])('refuses %s', (_, env, input, message) => {
    expect(() => environment(env, input)).toThrow(
      expect.objectContaining({ reason: 'CreateContainerConfigError', message: expect.stringContaining(message) }),
    );
  });
});

describe('mountSubPath', () => {
  const variables = new Map([
    ['POD', 'web'],
    ['EMPTY', ''],
    ['UP', '..'],
  ]);
  const mount = { name: 'v', mountPath: '/v' };
  it.each([
    [{ ...mount, subPath: 'a/$(POD)' }, 'a/$(POD)'],
    [{ ...mount, subPathExpr: 'a/$(POD)/$$(POD)' }, 'a/web/$(POD)'],
    [mount, ''],
  ])('%o is %s', (volumeMount, expected) => {
    expect(mountSubPath(volumeMount, variables)).toBe(expected);
  });

  it.each([
    ['$(EMPTY)/$(MISSING)', 'missing value for EMPTY, MISSING'],
    ['$(UP)/x', "must not contain '..'"],
    ['/$(POD)', 'must be a relative path'],
  ])('refuses %s', (subPathExpr, message) => {
    expect(() => mountSubPath({ ...mount, subPathExpr }, variables)).toThrow(message);
  });
});
