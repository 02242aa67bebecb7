import type { Container } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { bytesOfText } from './byte-text.js';
import { containerEnvironment } from './environment.js';
import type { PodObjects } from './pod-objects.js';

const objects: PodObjects = {
  configMap: (_namespace, name) => (name === 'web' ? { data: { 'my.key': '$(HOME)', b: 'map' }, binaryData: { raw: 'AA==' } } : undefined),
  secret: (_namespace, name) => (name === 'key' ? { data: { b: Buffer.from([0xff, 0x41]).toString('base64') } } : undefined),
  runtimeClassHandler: () => undefined,
  claim: async () => ({ ok: false, error: 'none' }),
  token: async () => '',
};
const environment = (container: Partial<Container>, told: PodObjects = objects) =>
  containerEnvironment({
    pod: testPod({ containers: [container] }),
    container: { name: 'app', ...container },
    nodeName: 'n',
    nodeIps: [],
    podIps: [],
    allocatable: {},
    envFiles: new Map(),
    objects: told,
  });
const configMapKey = (key: string, more: object = {}) => ({ valueFrom: { configMapKeyRef: { name: 'web', key, ...more } } });

describe('an environment from objects', () => {
  it('has every key under its prefix, the later source first, and the manifest’s own variables over all', () => {
    const variables = environment({
      envFrom: [{ configMapRef: { name: 'web' }, prefix: 'W_' }, { configMapRef: { name: 'web' } }, { secretRef: { name: 'key' } }],
      env: [
        { name: 'W_b', value: '<$(W_b)>' },
        { name: 'PLAIN', value: '$(my.key)' },
        { name: 'W_my.key', ...configMapKey('none', { optional: true }) },
      ],
    });
    expect([...variables].map(([name, value]) => [name, bytesOfText(value).toString('latin1')])).toEqual([
      ['W_my.key', '$(HOME)'],
      ['W_b', '<map>'],
      ['my.key', '$(HOME)'],
      ['b', '\xffA'],
      ['PLAIN', '$(HOME)'],
    ]);
  });

  it.each<[string, Partial<Container>]>([
    ['configmap "none" not found', { envFrom: [{ configMapRef: { name: 'none' } }] }],
    ['secret "none" not found', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'none', key: 'b' } } }] }],
    ["couldn't find key none in ConfigMap default/web", { env: [{ name: 'A', ...configMapKey('none') }] }],
    ["couldn't find key raw in ConfigMap default/web", { env: [{ name: 'A', ...configMapKey('raw') }] }],
    ["couldn't find key z in Secret default/key", { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'key', key: 'z' } } }] }],
  ])('waits: %s', (message, container) =>
    expect(() => environment(container)).toThrow(
      expect.objectContaining({ reason: 'CreateContainerConfigError', retryable: true, message }),
    ),
  );

  it('waits until the services of its cluster have been read once', () => {
    const told = (variables: ReturnType<NonNullable<PodObjects['serviceVariables']>>) => ({
      ...objects,
      serviceVariables: () => variables,
    });
    expect(() => environment({}, told('unread'))).toThrow(
      expect.objectContaining({
        reason: 'CreateContainerConfigError',
        retryable: true,
        message: 'services have not yet been read at least once, cannot construct envvars',
      }),
    );
    expect([...environment({}, told(new Map([['A', 'b']])))]).toEqual([['A', 'b']]);
    // Of a node where nobody tells of any there is nothing to wait for.
    expect([...environment({}, told(undefined))]).toEqual([]);
  });

  it('does without what is optional', () => {
    expect([...environment({ envFrom: [{ secretRef: { name: 'none', optional: true } }] })]).toEqual([]);
  });
});
