import { expect, it } from 'vitest';
import { readNumaNodes } from '../topology/read-numa-nodes.js';
import { readCpuTopology } from './read-cpu-topology.js';

const files = (all: Readonly<Record<string, string>>) => async (path: string) => all[path];
const cpu = (number: number, socket: string, siblings: string, cache?: string) => ({
  [`/sys/devices/system/cpu/cpu${number}/topology/physical_package_id`]: `${socket}\n`,
  [`/sys/devices/system/cpu/cpu${number}/topology/thread_siblings_list`]: `${siblings}\n`,
  ...(cache === undefined
    ? {}
    : {
        [`/sys/devices/system/cpu/cpu${number}/cache/index3/level`]: '3\n',
        [`/sys/devices/system/cpu/cpu${number}/cache/index3/shared_cpu_list`]: `${cache}\n`,
      }),
});

it('reads where each online CPU is', async () => {
  const read = files({
    '/sys/devices/system/cpu/online': '0-1,3\n',
    '/sys/devices/system/node/online': '0-1\n',
    '/sys/devices/system/node/node0/cpulist': '0-1\n',
    '/sys/devices/system/node/node1/cpulist': '2-3\n',
    '/sys/devices/system/node/node0/distance': '10 21\n',
    '/sys/devices/system/node/node1/distance': '21 10\n',
    ...cpu(0, '0', '0-1', '0-1'),
    ...cpu(1, '0', '0-1', '0-1'),
    ...cpu(3, '1', '3', '2-3'),
  });
  expect([...(await readCpuTopology(read))]).toEqual([
    [0, { core: 0, socket: 0, numaNode: 0, uncoreCache: 0 }],
    [1, { core: 0, socket: 0, numaNode: 0, uncoreCache: 0 }],
    [3, { core: 3, socket: 1, numaNode: 1, uncoreCache: 2 }],
  ]);
  expect(await readNumaNodes(read)).toEqual({
    nodes: [0, 1],
    distances: new Map([
      [0, [10, 21]],
      [1, [21, 10]],
    ]),
  });
});

it('takes a machine that tells little for one socket and one node', async () => {
  const read = files({ '/sys/devices/system/cpu/online': '0-1', ...cpu(0, '-1', '0') });
  expect([...(await readCpuTopology(read))]).toEqual([
    [0, { core: 0, socket: 0, numaNode: 0, uncoreCache: 0 }],
    [1, { core: 1, socket: 0, numaNode: 0, uncoreCache: 0 }],
  ]);
  expect(await readNumaNodes(read)).toEqual({ nodes: [0], distances: new Map([[0, []]]) });
});
