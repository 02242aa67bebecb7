import { silentLogger } from '@solo-kubelet/diagnostics';
import { cgroupTree } from './cgroups/cgroup-tree.js';
import { defaultUserNamespaceRange } from './core/id-ranges.js';
import { noSwap } from './core/limited-swap.js';
import { runCommand } from './mounts/run-command.js';
import type { CgroupSettings, NodeEnvironment } from './node-environment.js';

/** The node with every default filled in, but for what has to be read from the machine. */
export type NodeSettings = Required<Omit<NodeEnvironment, 'cgroups' | 'hugePageSizes' | 'swapAccounting' | 'objects' | 'memoryQos'>> &
  Pick<NodeEnvironment, 'hugePageSizes' | 'swapAccounting' | 'objects' | 'memoryQos'> & { readonly cgroups: CgroupSettings };

export const nodeSettings = ({ cgroups, ...node }: NodeEnvironment): NodeSettings => {
  const version = cgroups?.version ?? 2;
  return {
    rootDir: '/var/lib/kubelet',
    podLogsDir: '/var/log/pods',
    clusterDomain: '',
    clusterDns: [],
    resolvConf: '/etc/resolv.conf',
    hostsFile: '/etc/hosts',
    cpuCfsQuota: true,
    cpuCfsQuotaPeriodMs: 100,
    allocations: () => undefined,
    podPidsLimit: -1,
    defaultPodSysctls: {},
    resizeMemoryVolumes: false,
    seccompDefault: false,
    singleProcessOomKill: version === 1,
    limitedSwap: noSwap,
    runtimeClassHandlers: {},
    allowedDevices: [],
    userNamespaces: defaultUserNamespaceRange,
    selinuxEnabled: false,
    commandTimeoutMs: 30_000,
    runCommand,
    logger: silentLogger,
    now: Date.now,
    ...defined(node),
    cgroups: {
      driver: 'cgroupfs',
      version,
      mountPoint: '/sys/fs/cgroup',
      root: '/',
      perQos: true,
      nodeLimits: {},
      reserved: [],
      tree: cgroupTree,
      ...defined(cgroups ?? {}),
    },
  };
};

/** An option that is given as undefined counts as not given. */
const defined = <Options extends object>(options: Options): Options =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
