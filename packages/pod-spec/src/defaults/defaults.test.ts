import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../gen/pod-types.js';
import { applyDefaults } from './apply-defaults.js';
import { defaultPullPolicy, parseImageReference } from './image-reference.js';

const withSpec = (spec: object): PodSpec => applyDefaults({ metadata: { name: 'a' }, spec } as unknown as Pod).spec;

describe('defaultPullPolicy', () => {
  it.each([
    ['a', 'Always'],
    ['a:latest', 'Always'],
    ['localhost:5000/a', 'Always'],
    ['a:1', 'IfNotPresent'],
    [`a@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
    ['UPPER', 'IfNotPresent'],
    ['', 'IfNotPresent'],
    ['a'.repeat(64).replaceAll('a', 'f'), 'IfNotPresent'],
  ])('pulls %s %s', (image, policy) => expect(defaultPullPolicy(image)).toBe(policy));

  it('takes a reference apart', () => {
    expect(parseImageReference('registry.local:5000/team/app:1.0')).toEqual({
      repository: 'registry.local:5000/team/app',
      tag: '1.0',
      digest: '',
      pullName: 'registry.local:5000/team/app:1.0',
    });
    expect(parseImageReference('a//b')).toBeUndefined();
  });
});

describe('applyDefaults', () => {
  it('fills in requests from limits, and rounds quantities up to thousandths', () => {
    const [container] = withSpec({
      containers: [{ name: 'a', image: 'b:1', resources: { limits: { cpu: '1u', memory: '1Gi' } } }],
    }).containers;
    expect(container?.resources).toEqual({ limits: { cpu: '1m', memory: '1Gi' }, requests: { cpu: '1m', memory: '1Gi' } });
  });

  it('fills in pod-level requests from containers, else from limits', () => {
    const container = { name: 'a', image: 'b:1', resources: { requests: { memory: '1Gi' } } };
    const spec = withSpec({ resources: { limits: { cpu: '2', memory: '4Gi' } }, containers: [container, { ...container, name: 'b' }] });
    expect(spec.resources?.requests).toEqual({ cpu: '2', memory: '2Gi' });
  });

  it('makes host ports of container ports on the host network', () => {
    const spec = withSpec({ hostNetwork: true, containers: [{ name: 'a', image: 'b:1', ports: [{ containerPort: 80 }] }] });
    expect(spec.containers[0]?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
  });

  it('fills in probes, and leaves what is given', () => {
    const probe = { httpGet: { port: 80 }, periodSeconds: 3 };
    expect(withSpec({ containers: [{ name: 'a', image: 'b:1', livenessProbe: probe }] }).containers[0]?.livenessProbe).toEqual({
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      periodSeconds: 3,
      timeoutSeconds: 1,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });

  it('makes an empty directory of a volume without a source', () => {
    expect(withSpec({ containers: [], volumes: [{ name: 'v' }] }).volumes).toEqual([{ name: 'v', emptyDir: {} }]);
  });

  it('makes a negative grace period one second, and both names of the account alike', () => {
    expect(withSpec({ containers: [], terminationGracePeriodSeconds: -5, serviceAccount: 'x' })).toMatchObject({
      terminationGracePeriodSeconds: 1,
      serviceAccountName: 'x',
      serviceAccount: 'x',
    });
  });
});
