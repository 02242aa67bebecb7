import type { NodeEnvironment, NodeFacts } from '../node-environment.js';
import { fakeCgroupTree } from './fake-cgroup-tree.js';

/** A node for tests: 4 CPUs and 8 GiB, cgroups in memory, everything else below `rootDir`. */
export const testNode = (rootDir: string, overrides: Partial<NodeEnvironment> = {}, facts: Partial<NodeFacts> = {}): NodeEnvironment => ({
  rootDir,
  podLogsDir: `${rootDir}-logs`,
  nodeName: 'node1',
  facts: () => ({
    nodeIps: ['192.0.2.10'],
    allocatable: { cpu: '4', memory: '8Gi', 'ephemeral-storage': '20Gi' },
    memoryCapacityBytes: 8 * 1024 ** 3,
    runtimeHandlerFeatures: () => ({ recursiveReadOnlyMounts: true, userNamespaces: true }),
    ...facts,
  }),
  resolvConf: '',
  hugePageSizes: ['2Mi'],
  swapAccounting: false,
  cgroups: { version: 2, mountPoint: '/cg', tree: fakeCgroupTree({ version: 2 }) },
  ...overrides,
});
