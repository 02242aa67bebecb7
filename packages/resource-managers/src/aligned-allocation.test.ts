import type { Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { noOptions } from './core/cpu/static-options.js';
import { numaMask } from './core/topology/numa-mask.js';
import type { TopologyPolicyName } from './core/topology/topology-policy.js';
import { createCpuManager } from './create-cpu-manager.js';
import { createResourceManagers } from './create-resource-managers.js';
import { type ResourceProvider, unexpectedAdmission } from './resource-provider.js';
import { dualSocketHT } from './testing/example-topologies.js';
import { memoryFile } from './testing/memory-file.js';
import { podOf } from './testing/pods.js';

const options = { signal: new AbortController().signal, running: false };
const numa = {
  nodes: [0, 1],
  distances: new Map([
    [0, [10, 21]],
    [1, [21, 10]],
  ]),
};

/** One device on each of these nodes; every container wants one. */
const devicesOn = (...nodes: readonly number[]): ResourceProvider & { readonly free: Set<number> } => {
  const free = new Set(nodes);
  const given = new Map<string, number[]>();
  const hints = () => ({ 'example.com/dev': [...free].map((node) => ({ affinity: numaMask([node]), preferred: true })) });
  return {
    free,
    hints,
    podHints: hints,
    allocate: async ({ metadata: { uid } }, _container, { affinity }) => {
      const node = [...free].find((one) => affinity === undefined || (affinity & numaMask([one])) !== 0n);
      if (node === undefined) return unexpectedAdmission('no device left');
      free.delete(node);
      given.set(uid, [...(given.get(uid) ?? []), node]);
      return undefined;
    },
    release: async (uid) => {
      for (const node of given.get(uid) ?? []) free.add(node);
      given.delete(uid);
    },
    containerAllocation: (uid) => ({ envs: { NODES: String(given.get(uid)) } }),
    holders: () => [...given.keys()],
  };
};

const node = async (name: TopologyPolicyName, scope: 'container' | 'pod', devices: ReturnType<typeof devicesOn>) => {
  const outcomes: boolean[] = [];
  const cpus = await createCpuManager({ topology: dualSocketHT, reserved: [0], options: noOptions, stateFile: memoryFile() });
  const managers = createResourceManagers({
    providers: [devices, cpus],
    topology: { name, numa },
    scope,
    onTopology: ({ admitted }) => outcomes.push(admitted),
  });
  return { managers, outcomes, give: (pod: Pod) => managers.allocate(pod, options) };
};

const mill = podOf('mill', [{ name: 'cnc', cpu: '2' }]);

describe('a container with a device and CPUs of its own', () => {
  it.each(['best-effort', 'restricted', 'single-numa-node'] as const)('has both on the node of the device under %s', async (name) => {
    const { managers, give, outcomes } = await node(name, 'container', devicesOn(1));
    expect(await give(mill)).toBeUndefined();
    expect(managers.containerAllocation('mill', 'cnc')).toMatchObject({ cpusetCpus: '1,7', exclusiveCpus: true, envs: { NODES: '1' } });
    expect(outcomes).toEqual([true]);
  });

  it('has CPUs of any node under none', async () => {
    const { managers, give, outcomes } = await node('none', 'container', devicesOn(1));
    await give(mill);
    expect(managers.containerAllocation('mill', 'cnc')).toMatchObject({ cpusetCpus: '2,8', envs: { NODES: '1' } });
    expect(outcomes).toEqual([]);
  });

  it('is refused when one node can not give both, and leaves both as they were', async () => {
    const devices = devicesOn(0);
    const { managers, give, outcomes } = await node('single-numa-node', 'container', devices);
    expect(await give(podOf('mill', [{ name: 'cnc', cpu: '6' }]))).toEqual({
      reason: 'TopologyAffinityError',
      message: 'Resources cannot be allocated with Topology locality',
    });
    expect([managers.holders(), devices.free.size, outcomes]).toEqual([[], 1, [false]]);
  });
});

it('the containers of a pod may be on different nodes, but not with the scope pod', async () => {
  const both = podOf('mill', [
    { name: 'cnc', cpu: '4' },
    { name: 'log', cpu: '4' },
  ]);
  const apart = await node('single-numa-node', 'container', devicesOn(0, 1));
  expect(await apart.give(both)).toBeUndefined();
  expect(['cnc', 'log'].map((name) => apart.managers.containerAllocation('mill', name)?.cpusetCpus)).toEqual(['2,4,8,10', '1,3,7,9']);
  const together = await node('single-numa-node', 'pod', devicesOn(0, 1));
  expect(await together.give(both)).toMatchObject({ reason: 'TopologyAffinityError' });
});

it('pods are served one after the other, and a refusal of the second provider takes back what the first gave', async () => {
  const devices = devicesOn(0, 1);
  const { give, managers } = await node('none', 'container', devices);
  const [first, second] = await Promise.all([give(podOf('a', [{ name: 'c', cpu: '10' }])), give(podOf('b', [{ name: 'c', cpu: '10' }]))]);
  expect([first, second?.reason]).toEqual([undefined, 'UnexpectedAdmissionError']);
  expect([managers.holders(), devices.free.size]).toEqual([['a'], 1]);
});
