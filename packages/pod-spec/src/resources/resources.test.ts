import { describe, expect, it } from 'vitest';
import type { Container, PodSpec, ResourceRequirements } from '../gen/pod-types.js';
import {
  containerCgroupWeight,
  milliCpuToQuota,
  milliCpuToShares,
  oomScoreAdj,
  podCgroup,
  podCgroupWeight,
  podLimits,
  podQosClass,
  podRequests,
} from './index.js';

const GIB = 2 ** 30;
const holding = (resources: ResourceRequirements, fields: Partial<Container> = {}): Container => ({
  name: 'c',
  image: 'x',
  resources,
  ...fields,
});
const pod = (spec: Partial<PodSpec>) => ({ spec: { containers: [], ...spec } });
const same = (cpu: string, memory: string): ResourceRequirements => ({ requests: { cpu, memory }, limits: { cpu, memory } });

describe('cgroup arithmetic', () => {
  it.each([
    [0, 2],
    [1, 2],
    [3, 3],
    [100, 102],
    [1000, 1024],
    [256_000, 262_144],
    [1_000_000, 262_144],
  ])('%i thousandths of a CPU are %i shares', (milliCpu, shares) => expect(milliCpuToShares(milliCpu)).toBe(shares));
  it.each([
    [0, 0],
    [1, 1000],
    [10, 1000],
    [15, 1500],
    [2500, 250_000],
  ])('%i thousandths of a CPU are %i µs of 100 ms', (milliCpu, quota) => expect(milliCpuToQuota(milliCpu, 100_000)).toBe(quota));
  it.each([
    [2, 1, 1],
    [102, 4, 17],
    [1024, 39, 100],
    [100_000, 3815, 4340],
    [262_144, 10_000, 10_000],
    [300_000, 10_000, 10_000],
  ])('%i shares weigh %i for a pod and %i for a container', (shares, ofPod, ofContainer) => {
    expect(podCgroupWeight(shares)).toBe(ofPod);
    expect(containerCgroupWeight(shares)).toBe(ofContainer);
  });
});

describe('the totals of a Pod', () => {
  const app = [holding({ requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1' } }), holding({ requests: { cpu: '250m' } })];
  it('add up what runs together', () => expect(podRequests(pod({ containers: app }))).toEqual({ cpu: '750m', memory: '1Gi' }));
  it('take an init container with the sidecars before it if that is more', () => {
    const initContainers = [
      holding({ requests: { cpu: '100m' } }, { restartPolicy: 'Always' }),
      holding({ requests: { cpu: '2' } }),
      holding({ requests: { cpu: '300m' } }, { restartPolicy: 'Always' }),
    ];
    expect(podRequests(pod({ containers: app, initContainers }))).toEqual({ cpu: '2100m', memory: '1Gi' });
  });
  it('are those of the Pod itself where it has any', () =>
    expect(podRequests(pod({ containers: app, resources: { requests: { cpu: '3' } } }))).toEqual({ cpu: '3', memory: '1Gi' }));
  it('have the overhead in every request, but only in limits that there are', () => {
    const spec = { containers: app, overhead: { cpu: '10m', memory: '1Mi' } };
    expect(podRequests(pod(spec))).toEqual({ cpu: '760m', memory: '1025Mi' });
    expect(podLimits(pod(spec))).toEqual({ cpu: '1010m' });
  });
});

describe('podQosClass', () => {
  it.each([
    ['BestEffort', [{}]],
    ['BestEffort', [{ requests: { cpu: '0', 'ephemeral-storage': '1' } }]],
    ['Burstable', [{ requests: { cpu: '1' } }]],
    ['Burstable', [same('1', '1Gi'), {}]],
    ['Burstable', [{ ...same('1', '1Gi'), requests: { cpu: '1', memory: '1Mi' } }]],
    ['Guaranteed', [same('1', '1Gi'), same('2', '1Gi')]],
    ['Guaranteed', [{ requests: { cpu: '1000m', memory: '1024Mi' }, limits: { cpu: '1', memory: '1Gi' } }]],
  ] as const)('is %s for %j', (qosClass, resources) =>
    expect(podQosClass(pod({ containers: resources.map((own) => holding(own)) }))).toBe(qosClass),
  );
  it('looks only at the resources of the Pod where it has any', () =>
    expect(podQosClass(pod({ containers: [holding({})], resources: same('1', '1Gi') }))).toBe('Guaranteed'));
  it.each([{}, { requests: {} }, { limits: {} }, { requests: {}, limits: {} }])(
    'takes resources of the Pod for none when they are %j',
    (resources) => {
      expect(podQosClass(pod({ containers: [holding(same('1', '1Gi'))], resources }))).toBe('Guaranteed');
      expect(podQosClass(pod({ containers: [holding({ requests: { cpu: '1' } })], resources }))).toBe('Burstable');
      expect(podQosClass(pod({ containers: [holding({})], resources }))).toBe('BestEffort');
    },
  );
});

describe('oomScoreAdj', () => {
  const quarter = holding({ requests: { memory: '1Gi' } }, { name: 'a' });
  const none = holding({}, { name: 'b' });
  it('falls with the share of the memory asked for', () => {
    const spec = pod({ containers: [quarter, none] });
    expect([oomScoreAdj(spec, quarter, 4 * GIB), oomScoreAdj(spec, none, 4 * GIB)]).toEqual([750, 999]);
  });
  it('stays above that of a Guaranteed container', () => expect(oomScoreAdj(pod({ containers: [quarter] }), quarter, GIB / 2)).toBe(3));
  it.each([
    [same('1', '1Gi'), -997],
    [{}, 1000],
  ])('is fixed for %j', (resources, score) => {
    const only = holding(resources);
    expect(oomScoreAdj(pod({ containers: [only] }), only, 4 * GIB)).toBe(score);
  });
  it('makes a sidecar no likelier to go than the containers it serves', () => {
    const sidecar = holding({}, { name: 's', restartPolicy: 'Always' });
    expect(oomScoreAdj(pod({ containers: [quarter], initContainers: [sidecar] }), sidecar, 4 * GIB)).toBe(750);
  });
  it('shares out what the Pod asked for beyond its containers', () =>
    expect(oomScoreAdj(pod({ containers: [quarter, none], resources: { requests: { memory: '3Gi' } } }), none, 4 * GIB)).toBe(750));
  it('spares what the node cannot do without', () =>
    expect(oomScoreAdj(pod({ containers: [none], priorityClassName: 'system-node-critical' }), none, GIB)).toBe(-997));
});

describe('podCgroup', () => {
  it('leaves the limits of a Pod alone unless every container has one', () => {
    const half = pod({ containers: [holding({ ...same('1', '1Gi') }), holding({ limits: { cpu: '1' }, requests: { cpu: '1' } })] });
    expect(podCgroup(half)).toEqual({ cpuShares: 2048, cpuWeight: 79, cpuQuota: 200_000, cpuPeriod: 100_000, hugePageLimit: new Map() });
  });
  it('lifts the quota where CPU limits are not enforced', () =>
    expect(podCgroup(pod({ containers: [holding(same('1', '1Gi'))] }), { cpuCFSQuota: false })).toMatchObject({
      cpuQuota: -1,
      memory: BigInt(GIB),
    }));
  it('gives huge pages by their size', () =>
    expect(podCgroup(pod({ containers: [holding({ requests: { 'hugepages-2Mi': '4Mi', cpu: '1' } })] })).hugePageLimit).toEqual(
      new Map([[2_097_152n, 4_194_304n]]),
    ));
});
