import type { Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { container, nodeFacts, pod } from '../../testing/index.js';
import { checkPod } from './check-pod.js';
import type { NodeAdmissionFacts, NodePressure } from './node-admission-facts.js';
import { neighboursOf, nobody, withOccupant } from './occupancy.js';

const check = (it: Pod, others: readonly Pod[] = [], node: Partial<NodeAdmissionFacts> = {}) =>
  checkPod({ pod: it, neighbours: neighboursOf(occupied(others), '', it), node: nodeFacts(node) });
/** None of them has the name of the one that asks. */
const occupied = (pods: readonly Pod[]) =>
  pods.reduce((room, { metadata, ...one }, index) => {
    return withOccupant(room, `${index}`, { ...one, metadata: { ...metadata, namespace: 'others' } });
  }, nobody);
const asking = (cpu: string, memory = '1Gi') =>
  pod('asks', { containers: [container('app', { resources: { requests: { cpu, memory } } })] });
const onPort = (hostPort: number, rest: object = {}) =>
  pod('port', { containers: [container('app', { ports: [{ containerPort: 80, hostPort, protocol: 'TCP', ...rest }] })] });
const withSysctl = (name: string, spec: Partial<Pod['spec']> = {}) =>
  pod('sysctl', { securityContext: { sysctls: [{ name, value: '1' }] }, ...spec });

it('lets an ordinary pod in', () => expect(check(pod('web'))).toBeUndefined());

describe('resources', () => {
  it('are refused with what is asked, used and there', () =>
    expect(check(asking('2500m'), [asking('2')])).toEqual({
      reason: 'OutOfcpu',
      message: "Node didn't have enough resource: cpu, requested: 2500, used: 2000, capacity: 4000",
    }));
  it.each([
    [asking('1', '9Gi'), {}, 'OutOfmemory'],
    [asking('1'), { allocatable: { pods: '0' } }, 'OutOfpods'],
    [asking('4'), {}, undefined],
    [pod('gpu', { containers: [container('app', { resources: { requests: { 'example.com/gpu': '1' } } })] }), {}, undefined],
    [
      pod('gpu', { containers: [container('app', { resources: { requests: { 'example.com/gpu': '2' } } })] }),
      { allocatable: { 'example.com/gpu': '1' } },
      'OutOfexample.com/gpu',
    ],
  ])('%#', (it, node, reason) => expect(check(it, [], node)?.reason).toBe(reason));
});

describe('host ports', () => {
  it.each([
    ['the same', onPort(80), 'NodePorts'],
    ['another', onPort(81), undefined],
    ['the same of another protocol', onPort(80, { protocol: 'UDP' }), undefined],
    ['the same on another address', onPort(80, { hostIP: '127.0.0.2' }), 'NodePorts'],
  ])('%s beside a pod on every address', (_what, it, reason) => expect(check(it, [onPort(80)])?.reason).toBe(reason));
  it('on two different addresses do not clash', () =>
    expect(check(onPort(80, { hostIP: '127.0.0.1' }), [onPort(80, { hostIP: '127.0.0.2' })])).toBeUndefined());
});

describe('sysctls', () => {
  it.each([
    ['kernel.shm_rmid_forced', {}, undefined],
    ['net/ipv4/tcp_syncookies', {}, undefined],
    ['net.core.somaxconn', {}, 'SysctlForbidden'],
    ['net.ipv4.tcp_syncookies', { hostNetwork: true }, 'SysctlForbidden'],
    ['kernel.shm_rmid_forced', { hostIPC: true }, 'SysctlForbidden'],
  ])('%s', (name, spec, reason) => expect(check(withSysctl(name, spec))?.reason).toBe(reason));
  it.each([
    ['net.core.somaxconn', { hostNetwork: true }, '"net.core.somaxconn" not allowlisted'],
    ['net.ipv4.tcp_syncookies', { hostNetwork: true }, '"net.ipv4.tcp_syncookies" not allowed with host Net enabled'],
    ['kernel.shm_rmid_forced', { hostIPC: true }, '"kernel.shm_rmid_forced" not allowed with host IPC enabled'],
    ['net/ipv4/conf/eth0.100/forwarding', {}, '"net.ipv4.conf.eth0/100.forwarding" not allowlisted'],
  ])('%s with %j is refused in upstream’s words', (name, spec, message) =>
    expect(check(withSysctl(name, spec))?.message).toBe(`forbidden sysctl: ${message}`),
  );
  it('of an interface with a dot in its name are let in however they are written', () => {
    const allowedUnsafeSysctls = ['net/ipv4/conf/eth0.100/*'];
    for (const name of ['net/ipv4/conf/eth0.100/forwarding', 'net.ipv4.conf.eth0/100.forwarding'])
      expect(check(withSysctl(name), [], { allowedUnsafeSysctls })).toBeUndefined();
  });
  it('that are unsafe are let in by name or prefix', () => {
    expect(check(withSysctl('net.core.somaxconn'), [], { allowedUnsafeSysctls: ['net.core.*'] })).toBeUndefined();
    expect(check(withSysctl('net.ipv4.tcp_rmem'), [], { kernelVersion: '4.14' })?.reason).toBe('SysctlForbidden');
  });
});

describe('a node that is short', () => {
  const under = (...types: readonly NodePressure['type'][]): Partial<NodeAdmissionFacts> => ({
    pressures: types.map((type) => ({ type, status: true, sinceMs: 0 })),
  });
  const bestEffort = pod('idle');
  const tolerating = (toleration: object) => pod('idle', { tolerations: [toleration] });
  const MEMORY = 'node.kubernetes.io/memory-pressure';
  it.each<[string, Pod, Partial<NodeAdmissionFacts>, boolean]>([
    ['of memory refuses who asks for nothing', bestEffort, under('MemoryPressure'), false],
    ['of memory lets in who asks for some', asking('1'), under('MemoryPressure'), true],
    [
      'of memory lets in who tolerates that',
      tolerating({ key: MEMORY, operator: 'Exists', effect: 'NoSchedule' }),
      under('MemoryPressure'),
      true,
    ],
    ['of memory lets in who tolerates all', tolerating({ operator: 'Exists' }), under('MemoryPressure'), true],
    [
      'of memory refuses another effect',
      tolerating({ key: MEMORY, operator: 'Exists', effect: 'NoExecute' }),
      under('MemoryPressure'),
      false,
    ],
    ['of memory refuses another value', tolerating({ key: MEMORY, value: 'x' }), under('MemoryPressure'), false],
    ['of disk refuses everybody', asking('1'), under('DiskPressure'), false],
    ['of processes refuses everybody', asking('1'), under('PIDPressure'), false],
    ['of memory and disk refuses everybody', asking('1'), under('MemoryPressure', 'DiskPressure'), false],
    ['lets in what is critical by number', pod('vital', { priority: 2_000_000_000 }), under('DiskPressure'), true],
    ['lets in what is critical by name', pod('vital', { priorityClassName: 'system-node-critical' }), under('DiskPressure'), true],
    ['refuses what is nearly critical', pod('vital', { priority: 1_999_999_999 }), under('DiskPressure'), false],
    ['and is well again refuses nobody', bestEffort, { pressures: [{ type: 'DiskPressure', status: false, sinceMs: 0 }] }, true],
  ])('%s', (_what, it, node, admitted) => expect(check(it, [], node) === undefined).toBe(admitted));
  it('names its conditions', () =>
    expect(check(bestEffort, [], under('MemoryPressure', 'DiskPressure'))).toEqual({
      reason: 'Evicted',
      message: 'The node had condition: [MemoryPressure DiskPressure]. ',
    }));
});

describe('the node', () => {
  const required = (key: string, operator: string, values?: string[]) =>
    pod('affine', {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key, operator: operator as never, values }] }],
          },
        },
      },
    });
  it.each<[string, Pod, string | undefined]>([
    ['has the label', pod('a', { nodeSelector: { 'kubernetes.io/os': 'linux' } }), undefined],
    ['lacks the label', pod('a', { nodeSelector: { disk: 'ssd' } }), 'NodeAffinity'],
    ['is In', required('kubernetes.io/arch', 'In', ['arm64', 'amd64']), undefined],
    ['is NotIn', required('kubernetes.io/arch', 'NotIn', ['amd64']), 'NodeAffinity'],
    ['must not have it', required('disk', 'DoesNotExist'), undefined],
    ['must have it', required('disk', 'Exists'), 'NodeAffinity'],
    ['is of another system by field', pod('a', { os: { name: 'windows' } }), 'PodOSNotSupported'],
    ['is of another system by label', pod('a', {}, { labels: { 'kubernetes.io/os': 'windows' } }), 'PodOSSelectorNodeLabelDoesNotMatch'],
    ['has no AppArmor', pod('a', { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } }), 'AppArmor'],
  ])('%s', (_what, it, reason) => expect(check(it)?.reason).toBe(reason));
  it('compares numbers', () => {
    expect(check(required('cores', 'Gt', ['4']), [], { labels: { cores: '8' } })).toBeUndefined();
    expect(check(required('cores', 'Lt', ['4']), [], { labels: { cores: '8' } })?.reason).toBe('NodeAffinity');
  });
  it('that goes down or cannot hold a strict groups policy says so', () => {
    expect(check(pod('a'), [], { shuttingDown: true })?.reason).toBe('NodeShutdown');
    const strict = pod('a', { securityContext: { supplementalGroupsPolicy: 'Strict' } });
    expect(check(strict, [], { supplementalGroupsPolicy: false })?.reason).toBe('SupplementalGroupsPolicyNotSupported');
  });
});
