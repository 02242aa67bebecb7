import type { RuntimeCgroups } from '@solo-kubelet/kubelet/node';
import type { Finding } from './checks.js';

/** What was learnt of a runtime that answers, and of what is asked of it. */
export interface RuntimeFindingsInput {
  /** `containerd`, `cri-o`. */
  readonly runtimeName: string;
  /** As the runtime says; undefined when it does not. */
  readonly cgroupDriver: RuntimeCgroups['driver'] | undefined;
  /** `cgroupDriver` of the kubelet's configuration; undefined when it is not known. */
  readonly configuredDriver: string | undefined;
  readonly cgroupVersion: 1 | 2;
  /** Whether systemd is what started this machine. */
  readonly systemd: boolean;
  /** The image of sandboxes, when the runtime names it. */
  readonly sandboxImage: { readonly image: string; readonly present: boolean } | undefined;
  /** Images that manifests name and the runtime does not have, and the manifests' directory. */
  readonly missingImages: readonly MissingImage[];
  readonly manifestDirectory: string;
  /** `net.ipv4.conf.all.route_localnet`; undefined when it cannot be read. */
  readonly routeLocalnet: boolean | undefined;
}

export interface MissingImage {
  readonly image: string;
  /** Whether `imagePullPolicy: Never` keeps it from ever coming. */
  readonly neverPulled: boolean;
}

/** Judges what a runtime is set up to do, beyond that it answers. */
export const judgeRuntime = (input: RuntimeFindingsInput): readonly Finding[] => [
  cgroupDriver(input),
  ...sandboxImage(input),
  ...images(input),
  ...localHostPorts(input),
];

const cgroupDriver = ({ runtimeName, cgroupDriver: driver, configuredDriver, cgroupVersion, systemd }: RuntimeFindingsInput): Finding => {
  const name = 'Cgroup driver';
  const serviceOf = `systemctl restart ${runtimeName === 'cri-o' ? 'crio' : runtimeName}`;
  if (driver === undefined) {
    const detail = `${runtimeName} does not tell its driver; the kubelet uses ${configuredDriver ?? 'cgroupfs'}, and no Pod starts if that is wrong`;
    return {
      name,
      status: 'warning',
      detail,
      remedy: 'set cgroupDriver in the kubelet’s configuration to the runtime’s: systemd or cgroupfs',
    };
  }
  if (driver === 'systemd' && !systemd) {
    const detail = `${runtimeName} is set to systemd, which does not run this machine: no Pod starts`;
    return { name, status: 'failed', detail, remedy: `${DRIVER_SETTING[runtimeName] ?? 'set its driver'} to cgroupfs; then restart it` };
  }
  if (driver === 'cgroupfs' && systemd && cgroupVersion === 2) {
    const detail = 'cgroupfs beside systemd: works, but two programs manage the same tree';
    return { name, status: 'warning', detail, remedy: `${DRIVER_SETTING[runtimeName] ?? 'set its driver'} to systemd; ${serviceOf}` };
  }
  return { name, status: 'ok', detail: driver };
};

const DRIVER_SETTING: Readonly<Record<string, string>> = {
  containerd: 'set SystemdCgroup of runc’s options in /etc/containerd/config.toml',
  'cri-o': 'set cgroup_manager in /etc/crio/crio.conf.d',
};

const sandboxImage = ({ sandboxImage: found }: RuntimeFindingsInput): readonly Finding[] => {
  if (found === undefined) return [];
  const { image, present } = found;
  if (present) return [{ name: 'Sandbox image', status: 'ok', detail: image }];
  const detail = `${image} is not on this machine; the runtime pulls it before the first Pod`;
  return [
    {
      name: 'Sandbox image',
      status: 'warning',
      detail,
      remedy: 'kubelet-cli install or run   # where no registry has it, they supply their own',
    },
  ];
};

const MAX_NAMED = 5;

const images = ({ missingImages, manifestDirectory }: RuntimeFindingsInput): readonly Finding[] => {
  const never = missingImages.filter(({ neverPulled }) => neverPulled);
  const pulled = missingImages.filter(({ neverPulled }) => !neverPulled);
  const named = (all: readonly MissingImage[]): string =>
    `${all
      .slice(0, MAX_NAMED)
      .map(({ image }) => image)
      .join(', ')}${all.length > MAX_NAMED ? ` and ${all.length - MAX_NAMED} more` : ''}`;
  const remedy = 'kubelet-cli images import ARCHIVE';
  return [
    ...(never.length === 0
      ? []
      : [
          {
            name: 'Images',
            status: 'failed',
            detail: `not here, and never pulled: ${named(never)} (of ${manifestDirectory})`,
            remedy,
          } as const,
        ]),
    ...(pulled.length === 0
      ? []
      : [
          {
            name: 'Images',
            status: 'warning',
            detail: `to be pulled: ${named(pulled)} (of ${manifestDirectory})`,
            remedy: `${remedy}   # without a registry`,
          } as const,
        ]),
  ];
};

/** containerd leaves host ports to the portmap plugin, which sets this for its bridge; CRI-O's own do without. */
const localHostPorts = ({ runtimeName, routeLocalnet }: RuntimeFindingsInput): readonly Finding[] =>
  runtimeName === 'cri-o' && routeLocalnet === false
    ? [
        {
          name: 'Host ports',
          status: 'warning',
          detail: 'CRI-O’s answer at the machine’s addresses, and not at 127.0.0.1',
          remedy:
            'sysctl -w net.ipv4.conf.all.route_localnet=1   # lets neighbours on the network send to 127.0.0.0/8, unless a firewall drops that',
        },
      ]
    : [];
