import type { Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import type { CpuTopology } from './core/cpu/cpu-topology.js';
import { parseStaticOptions } from './core/cpu/static-options.js';
import { numaMask } from './core/topology/numa-mask.js';
import { anyNode } from './core/topology/topology-hint.js';
import { checkNoCpuState, createCpuManager } from './create-cpu-manager.js';
import { dualSocketHT, dualSocketMultiNumaHT, singleSocketHT } from './testing/example-topologies.js';
import { memoryFile } from './testing/memory-file.js';
import { podOf } from './testing/pods.js';

const options = { signal: new AbortController().signal, running: false };

const manager = async (
  { topology = singleSocketHT, given = {} }: { topology?: CpuTopology; given?: Record<string, string> } = {},
  file = memoryFile(),
) => {
  const parsed = parseStaticOptions(given);
  if (!parsed.ok) throw new Error(parsed.message);
  const told: string[] = [];
  const cpus = await createCpuManager({
    topology,
    reserved: [0],
    options: parsed.options,
    stateFile: file,
    onPoolChanged: () => told.push('pool'),
    onPinning: (outcome) => told.push(outcome),
  });
  const give = async (pod: Pod) => {
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      const refusal = await cpus.allocate(pod, container, anyNode, options);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };
  const of = (pod: string, container: string) => cpus.containerAllocation(pod, container)?.cpusetCpus;
  return { cpus, file, told, give, of };
};

describe('a container', () => {
  it.each([
    ['whole CPUs of a Guaranteed pod', podOf('p', [{ name: 'c', cpu: '2' }]), '1,5', true],
    ['a fraction', podOf('p', [{ name: 'c', cpu: '1500m' }]), '0-7', undefined],
    ['nothing', podOf('p', [{ name: 'c' }]), '0-7', undefined],
    ['whole CPUs beside a container that makes the pod Burstable', podOf('p', [{ name: 'c', cpu: '2' }, { name: 'd' }]), '0-7', undefined],
    ['2000m', podOf('p', [{ name: 'c', cpu: '2000m' }]), '1,5', true],
  ])('that asks for %s runs where it should', async (_what, pod, expected, exclusive) => {
    const { cpus, give } = await manager();
    expect(await give(pod)).toBeUndefined();
    expect(cpus.containerAllocation('p', 'c')).toEqual({ cpusetCpus: expected, ...(exclusive ? { exclusiveCpus: true } : {}) });
  });

  it('shares what others have not got for themselves, and all of it again when they have gone', async () => {
    const { cpus, give, of, told } = await manager();
    await give(podOf('p', [{ name: 'c', cpu: '3' }]));
    expect([of('p', 'c'), of('q', 'any')]).toEqual(['1,4-5', '0,2-3,6-7']);
    expect(told).toEqual(['pinned', 'pool']);
    await cpus.release('p', options);
    expect([of('q', 'any'), cpus.holders()]).toEqual(['0-7', []]);
    await cpus.release('p', options);
    expect(told).toEqual(['pinned', 'pool', 'pool']);
  });

  it('of the app uses the CPUs of the init containers before it again, but not those of sidecars', async () => {
    const { give, of } = await manager();
    const inits = [
      { name: 'load', cpu: '2' },
      { name: 'side', cpu: '1', sidecar: true },
    ];
    await give(
      podOf(
        'p',
        [
          { name: 'a', cpu: '1' },
          { name: 'b', cpu: '1' },
        ],
        inits,
      ),
    );
    const used = ['load', 'side', 'a', 'b'].map((name) => of('p', name));
    expect(used).toEqual(['1,5', '1', '5', '4']);
    expect(of('q', 'any')).toBe('0,2-3,6-7');
  });

  it.each<[string, readonly number[], readonly number[]]>([
    ['1 and then 2', [1], [2]],
    ['2 and then 1', [2], [1]],
    ['1, 2 and then 2', [1, 2], [2]],
    ['2, 1 and then 1 beside 1', [2, 1], [1, 1]],
  ])('that has %s leaves the others of 8 to a pod of 5', async (_what, inits, apps) => {
    const { give } = await manager();
    const named = (kind: string, counts: readonly number[]) => counts.map((cpu, index) => ({ name: `${kind}${index}`, cpu: String(cpu) }));
    await give(podOf('p', named('app', apps), named('init', inits)));
    expect(await give(podOf('q', [{ name: 'c', cpu: '5' }]))).toBeUndefined();
  });

  it('is refused when there are too few, and what was tried is told', async () => {
    const { give, told } = await manager();
    expect(await give(podOf('p', [{ name: 'c', cpu: '8' }]))).toEqual({
      reason: 'UnexpectedAdmissionError',
      message: 'Allocate failed due to not enough cpus available to satisfy request: requested=8, available=7, which is unexpected',
    });
    expect(told).toEqual(['failed']);
  });

  it('keeps its CPUs however often it is asked about, and gets others when it asks for another number', async () => {
    const { give, of } = await manager();
    await give(podOf('p', [{ name: 'c', cpu: '1' }]));
    await give(podOf('q', [{ name: 'c', cpu: '1' }]));
    await give(podOf('p', [{ name: 'c', cpu: '1' }]));
    expect([of('p', 'c'), of('q', 'c')]).toEqual(['4', '1']);
    await give(podOf('p', [{ name: 'c', cpu: '2' }]));
    expect(of('p', 'c')).toBe('2,6');
    await give(podOf('p', [{ name: 'c' }]));
    expect(of('p', 'c')).toBe('0,2-7');
  });

  it('has nothing that could not be written down', async () => {
    const { give, of, file } = await manager();
    file.fail = true;
    await expect(give(podOf('p', [{ name: 'c', cpu: '1' }]))).rejects.toThrow('disk full');
    expect(of('p', 'c')).toBe('0-7');
  });
});

describe('the option', () => {
  const two = { 'full-pcpus-only': 'true' };
  it('full-pcpus-only refuses half a core, and cores that are partly reserved', async () => {
    const { give, of } = await manager({ given: two });
    expect(await give(podOf('p', [{ name: 'c', cpu: '3' }]))).toEqual({
      reason: 'SMTAlignmentError',
      message: 'SMT Alignment Error: requested 3 cpus not multiple cpus per core = 2',
    });
    expect(await give(podOf('p', [{ name: 'c', cpu: '8' }]))).toMatchObject({
      reason: 'SMTAlignmentError',
      message: 'SMT Alignment Error: not enough free physical CPUs: available physical CPUs = 6, requested CPUs = 8, CPUs per core = 2',
    });
    await give(podOf('p', [{ name: 'c', cpu: '2' }]));
    expect(of('p', 'c')).toBe('1,5');
  });

  it('strict-cpu-reservation keeps those who share off the reserved CPUs', async () => {
    const { give, of, cpus } = await manager({ given: { 'strict-cpu-reservation': 'true' } });
    expect(of('q', 'any')).toBe('1-7');
    await give(podOf('p', [{ name: 'c', cpu: '2' }]));
    expect([of('p', 'c'), of('q', 'any'), cpus.measurements().exclusiveCpus]).toEqual(['1,5', '2-4,6-7', 2]);
  });

  it('distribute-cpus-across-cores takes threads of different cores', async () => {
    const { give, of } = await manager({ given: { 'distribute-cpus-across-cores': 'true' } });
    await give(podOf('p', [{ name: 'c', cpu: '3' }]));
    expect(of('p', 'c')).toBe('1-3');
  });

  it('distribute-cpus-across-numa takes as many from each node', async () => {
    const { give, of } = await manager({ topology: dualSocketMultiNumaHT, given: { 'distribute-cpus-across-numa': 'true' } });
    await give(podOf('p', [{ name: 'c', cpu: '24' }]));
    expect(of('p', 'c')).toBe('10-15,20-25,50-55,60-65');
  });

  it.each([
    [{ 'full-pcpus-only': 'true', 'distribute-cpus-across-cores': 'true' }, 'can not be used at the same time'],
    [{ nonsense: 'true' }, 'unknown CPU Manager Policy option: "nonsense"'],
    [{ 'align-by-socket': 'maybe' }, 'bad value for option "align-by-socket": strconv.ParseBool: parsing "maybe": invalid syntax'],
  ])('%j is refused', (given, message) => {
    const parsed = parseStaticOptions(given);
    expect(parsed.ok ? '' : parsed.message).toContain(message);
  });
});

describe('align-by-socket', () => {
  const given = { 'align-by-socket': 'true' };
  it('counts nodes of one socket as near', async () => {
    const { cpus } = await manager({ topology: dualSocketMultiNumaHT, given });
    const pod = podOf('p', [{ name: 'c', cpu: '15' }]);
    const preferred = cpus.hints(pod, pod.spec.containers[0]!)['cpu']?.filter((hint) => hint.preferred);
    expect(preferred?.map(({ affinity }) => affinity)).toEqual([1n, 2n, 4n, 8n, 3n, 12n]);
    await cpus.allocate(pod, pod.spec.containers[0]!, { affinity: numaMask([2]), preferred: true }, options);
    expect(cpus.containerAllocation('p', 'c')?.cpusetCpus).toBe('20-27,60-66');
  });

  it('is refused where a node spans sockets', async () => {
    const topology = new Map([...dualSocketHT].map(([cpu, place]) => [cpu, { ...place, numaNode: 0 }]));
    await expect(manager({ topology, given })).rejects.toMatchObject({ code: 'RESOURCES_CONFIGURATION_INVALID' });
  });
});

describe('hints', () => {
  it('name every set of nodes that has enough, preferring as few as could ever do', async () => {
    const { cpus } = await manager({ topology: dualSocketHT });
    const pod = podOf('p', [{ name: 'c', cpu: '6' }]);
    // CPU 0 is reserved: node 0 would do on an empty machine, and has 5 left.
    expect(cpus.hints(pod, pod.spec.containers[0]!)).toEqual({
      cpu: [
        { affinity: 2n, preferred: true },
        { affinity: 3n, preferred: false },
      ],
    });
    expect(
      cpus.podHints(
        podOf('q', [
          { name: 'c', cpu: '4' },
          { name: 'd', cpu: '4' },
        ]),
      ),
    ).toEqual({ cpu: [{ affinity: 3n, preferred: true }] });
    const shared = podOf('r', [{ name: 'c' }]);
    expect([cpus.hints(shared, shared.spec.containers[0]!), cpus.podHints(shared), cpus.concerns?.(shared)]).toEqual([{}, {}, false]);
  });

  it('of a container that has its CPUs are those of these CPUs', async () => {
    const { cpus, give } = await manager({ topology: dualSocketHT });
    const pod = podOf('p', [{ name: 'c', cpu: '2' }]);
    await give(pod);
    expect(cpus.hints(pod, pod.spec.containers[0]!)['cpu']?.[0]).toEqual({ affinity: 1n, preferred: true });
  });
});

describe('the state file', () => {
  it('brings back who has what', async () => {
    const first = await manager();
    await first.give(podOf('p', [{ name: 'c', cpu: '2' }]));
    const second = await manager({}, memoryFile(first.file.text));
    expect([second.of('p', 'c'), second.cpus.holders()]).toEqual(['1,5', ['p']]);
    expect(await second.give(podOf('p', [{ name: 'c', cpu: '2' }]))).toBeUndefined();
    expect(second.told).toEqual([]);
  });

  it.each([
    ['{"policyName":"none","defaultCpuSet":""}', '0-7'],
    ['{"policyName":"none","defaultCpuSet":"0-3"}', '0-7'],
    ['{"policyName":"static","defaultCpuSet":"0-7"}', '0-7'],
  ])('%s is gone on from', async (text, pool) => {
    const { of } = await manager({}, memoryFile(text));
    expect(of('q', 'any')).toBe(pool);
  });

  it.each([
    ['{"policyName":"other","defaultCpuSet":"0-7"}', 'configured policy "static" differs from state checkpoint policy "other"'],
    ['{"policyName":"static","defaultCpuSet":"1-7"}', 'not all reserved cpus: "0" are present in defaultCpuSet: "1-7"'],
    [
      '{"policyName":"static","defaultCpuSet":"0-7","entries":{"p":{"c":"7"}}}',
      'pod: p, container: c cpuset: "7" overlaps with default cpuset "0-7"',
    ],
    ['{"policyName":"static","defaultCpuSet":"0-6"}', 'current set of available CPUs "0-7" doesn\'t match with CPUs in state "0-6"'],
    ['{"policyName":"static","defaultCpuSet":"","entries":{"p":{"c":"7"}}}', 'default cpuset cannot be empty'],
    ['nonsense', 'it is no JSON'],
  ])('%s is refused, and the way out is told', async (text, message) => {
    await expect(manager({}, memoryFile(text))).rejects.toMatchObject({
      code: 'RESOURCES_STATE_UNUSABLE',
      message: `could not restore state from checkpoint: ${message}`,
      hint: expect.stringContaining('remove /state and start the kubelet again'),
    });
  });

  it('of the static policy is not passed over under the policy none', async () => {
    await expect(checkNoCpuState(memoryFile('{"policyName":"static","defaultCpuSet":"0-7"}'))).rejects.toThrow(
      'configured policy "none" differs from state checkpoint policy "static"',
    );
    await checkNoCpuState(memoryFile('{"policyName":"none","defaultCpuSet":""}'));
    await checkNoCpuState(memoryFile());
  });
});
