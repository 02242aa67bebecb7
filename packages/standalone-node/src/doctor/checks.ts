import type { NetworkFinding } from '@solo-kubelet/kubelet/networks';
import type { BinarySearch } from '../containerd/binaries.js';

export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  /** The command, or the words, that mend it. */
  readonly remedy?: string;
}

/** What doctor looked at. Undefined facts could not be had. */
export interface HostReport {
  readonly platform: string;
  readonly uid: number;
  /** Kernel release, such as `6.1.0-13-amd64`. */
  readonly kernel: string;
  readonly programs: BinarySearch;
  readonly endpoint: string;
  readonly runtime: RuntimeReport;
  readonly cgroupVersion: 1 | 2;
  /** Controllers that can be used. */
  readonly cgroupControllers: readonly string[];
  readonly swap: boolean;
  /** Whether systemd is what started this machine. */
  readonly systemd: boolean;
  /** Whether mounts on `/` are shared with other mount namespaces; systemd makes them so. */
  readonly sharedRoot: boolean;
  readonly ipForward: boolean | undefined;
  /** Of the kubelet's ports, those that something listens on. */
  readonly portsInUse: readonly number[];
  /** Ports that the running kubelet has by its configuration; none when no kubelet answers. */
  readonly kubeletPorts?: readonly number[];
  /** Free space by directory, as a share of 1. */
  readonly freeSpace: readonly { readonly path: string; readonly share: number }[];
}

export type RuntimeReport =
  | { readonly type: 'down'; readonly message: string }
  | {
      readonly type: 'up';
      readonly version: string;
      readonly conditions: readonly {
        readonly type: string;
        readonly status: boolean;
        readonly reason: string;
        readonly message: string;
      }[];
      /** Why the runtime has no network, when it says so. */
      readonly networkFindings?: readonly NetworkFinding[];
      /** What it is set up to do. */
      readonly findings?: readonly Finding[];
    };

/** Judges a machine: what is wrong for running pods, and what mends it. */
export const judgeHost = (host: HostReport): readonly Finding[] => [
  platform(host),
  root(host),
  kernel(host),
  programs(host),
  ...runtime(host),
  ...cgroups(host),
  swap(host),
  ...propagation(host),
  ...forwarding(host),
  ports(host),
  ...disks(host),
];

const ok = (name: string, detail: string): Finding => ({ name, status: 'ok', detail });
const warning = (name: string, detail: string, remedy: string): Finding => ({ name, status: 'warning', detail, remedy });
const failed = (name: string, detail: string, remedy: string): Finding => ({ name, status: 'failed', detail, remedy });

const platform = (host: HostReport): Finding =>
  host.platform === 'linux'
    ? ok('Platform', 'Linux')
    : failed('Platform', `containers need Linux, this is ${host.platform}`, 'kubelet-cli up --runtime memory   # a simulation');

const root = ({ uid }: HostReport): Finding =>
  uid === 0 ? ok('User', 'root') : failed('User', 'a kubelet needs root', 'sudo kubelet-cli …');

/** Below it, cgroup v2 and overlayfs lack what runtimes count on. */
const OLDEST_KERNEL = [4, 19] as const;

const kernel = (host: HostReport): Finding => {
  const [major = 0, minor = 0] = host.kernel.split('.').map((part) => Number.parseInt(part, 10));
  const isOld = major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1]);
  return isOld
    ? warning('Kernel', `${host.kernel} is older than ${OLDEST_KERNEL.join('.')}`, 'upgrade the kernel')
    : ok('Kernel', host.kernel);
};

const programs = (host: HostReport): Finding =>
  host.programs.type === 'found'
    ? ok(
        'Programs',
        `${host.programs.binaries.containerd}, ${host.programs.binaries.runc}, plugins in ${host.programs.binaries.cniPluginDirectory}`,
      )
    : warning('Programs', `not found: ${host.programs.missing.join(', ')} (kubelet-cli up needs them)`, host.programs.installCommand);

const runtime = (host: HostReport): readonly Finding[] => {
  if (host.runtime.type === 'down') {
    return [failed('Container runtime', `${host.endpoint} does not answer: ${host.runtime.message}`, remedyOfSilence(host))];
  }
  return [
    ok('Container runtime', `${host.runtime.version} at ${host.endpoint}`),
    ...host.runtime.conditions.map(({ type, status, reason, message }) =>
      status
        ? ok(type, 'true')
        : failed(
            type,
            [reason, message].filter(Boolean).join(': ') || 'false',
            type === 'NetworkReady'
              ? 'kubelet-cli cni status   # shows what is wrong with the CNI configuration'
              : 'look at the log of the container runtime',
          ),
    ),
    ...(host.runtime.networkFindings ?? []).map(({ message, fix }) => failed('Pod network', message, fix)),
    ...(host.runtime.findings ?? []),
  ];
};

const remedyOfSilence = ({ uid, programs: search, systemd }: HostReport): string => {
  if (uid !== 0) return 'sudo kubelet-cli doctor   # the socket is open to root alone';
  if (search.type === 'missing' && search.missing.includes('containerd')) return search.installCommand;
  return systemd ? 'systemctl start containerd   # or: kubelet-cli up' : 'kubelet-cli up   # runs a containerd of its own';
};

/** Controllers that limits of pods are made with. */
const NEEDED_CONTROLLERS = ['cpu', 'memory', 'pids'];

const cgroups = (host: HostReport): readonly Finding[] => {
  const missing = NEEDED_CONTROLLERS.filter((name) => !host.cgroupControllers.includes(name));
  return [
    host.cgroupVersion === 2
      ? ok('Cgroups', 'v2')
      : warning('Cgroups', 'v1: works, but Kubernetes is leaving it', 'boot with systemd.unified_cgroup_hierarchy=1'),
    ...(missing.length === 0
      ? []
      : [
          failed(
            'Cgroup controllers',
            `missing: ${missing.join(', ')}`,
            'boot with cgroup_enable=memory, or enable them in cgroup.subtree_control',
          ),
        ]),
  ];
};

const swap = (host: HostReport): Finding =>
  host.swap
    ? warning('Swap', 'on: the kubelet refuses to start unless told otherwise', 'swapoff -a   # or failSwapOn: false')
    : ok('Swap', 'off');

const propagation = ({ sharedRoot }: HostReport): readonly Finding[] =>
  sharedRoot
    ? []
    : [
        warning(
          'Mount propagation',
          '/ is not a shared mount: volumes with mountPropagation Bidirectional or HostToContainer fail',
          'mount --make-rshared /',
        ),
      ];

const forwarding = ({ ipForward }: HostReport): readonly Finding[] =>
  ipForward === false ? [warning('IP forwarding', 'off: pods reach nothing outside the machine', 'sysctl -w net.ipv4.ip_forward=1')] : [];

const ports = ({ portsInUse, kubeletPorts = [] }: HostReport): Finding => {
  const foreign = portsInUse.filter((port) => !kubeletPorts.includes(port));
  if (foreign.length > 0) {
    return warning('Ports', `in use: ${foreign.join(', ')}`, `ss -ltnp   # shows by whom; or change port, readOnlyPort and healthzPort`);
  }
  return portsInUse.length === 0
    ? ok('Ports', '10248, 10250 and 10255 are free')
    : ok('Ports', `${portsInUse.join(', ')}: the kubelet that runs listens there`);
};

/** By default pods are evicted when less than this is left (nodefs.available). */
const LEAST_FREE_SHARE = 0.1;

const disks = ({ freeSpace }: HostReport): readonly Finding[] =>
  freeSpace.map(({ path, share }) => {
    const percent = `${Math.round(share * 100)} % free`;
    return share < LEAST_FREE_SHARE ? warning(`Disk ${path}`, percent, `du -xh ${path} | sort -h | tail`) : ok(`Disk ${path}`, percent);
  });
