import type { ContainerdBinaries } from './binaries.js';
import type { ContainerdLayout } from './layout.js';

export interface ContainerdConfigOptions {
  readonly layout: ContainerdLayout;
  readonly binaries: ContainerdBinaries;
  /** `major.minor`. */
  readonly version: string;
  readonly sandboxImage: string;
  /** Never ask for a lower oom_score_adj than containerd's own: needed where CAP_SYS_RESOURCE is missing, wrong elsewhere. */
  readonly restrictOomScoreAdj: boolean;
  readonly systemdCgroup: boolean;
}

/** containerd's configuration file: version 2 for containerd 1.x, version 3 from 2.0 on, where the CRI plugin is split in three. */
export const containerdConfig = (options: ContainerdConfigOptions): string =>
  toml(Number.parseInt(options.version, 10) >= 2 ? version3(options) : version2(options));

type TomlValue = string | boolean | number | readonly string[];
type Sections = readonly (readonly [name: string, values: Readonly<Record<string, TomlValue>>])[];

const version2 = (options: ContainerdConfigOptions): Sections => {
  const { layout, binaries } = options;
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return [
    ['', { version: 2, ...common(layout) }],
    ...listeners(layout),
    [
      cri,
      {
        ...STREAMING,
        sandbox_image: options.sandboxImage,
        restrict_oom_score_adj: options.restrictOomScoreAdj,
        netns_mounts_under_state_dir: true,
      },
    ],
    [`${cri}.cni`, { bin_dir: binaries.cniPluginDirectory, conf_dir: layout.cniConfigDirectory }],
    [`${cri}.registry`, { config_path: `${layout.directory}/certs.d` }],
    ...runtime(`${cri}.containerd`, options),
    ...isolation(layout),
  ];
};

const version3 = (options: ContainerdConfigOptions): Sections => {
  const { layout, binaries } = options;
  const runtimeCri = 'plugins."io.containerd.cri.v1.runtime"';
  const imagesCri = 'plugins."io.containerd.cri.v1.images"';
  return [
    ['', { version: 3, ...common(layout) }],
    ...listeners(layout),
    ['plugins."io.containerd.grpc.v1.cri"', STREAMING],
    [runtimeCri, { restrict_oom_score_adj: options.restrictOomScoreAdj, netns_mounts_under_state_dir: true }],
    [`${runtimeCri}.cni`, { bin_dirs: [binaries.cniPluginDirectory], conf_dir: layout.cniConfigDirectory }],
    ...runtime(`${runtimeCri}.containerd`, options),
    [`${imagesCri}.pinned_images`, { sandbox: options.sandboxImage }],
    [`${imagesCri}.registry`, { config_path: `${layout.directory}/certs.d` }],
    ...isolation(layout),
  ];
};

const common = (layout: ContainerdLayout) => ({
  root: layout.rootDirectory,
  state: layout.stateDirectory,
  disabled_plugins: ['aufs', 'btrfs', 'devmapper', 'zfs', 'blockfile', 'erofs'].map((name) => `io.containerd.snapshotter.v1.${name}`),
});

const listeners = (layout: ContainerdLayout): Sections => [
  ['grpc', { address: layout.socketPath }],
  ['ttrpc', { address: `${layout.socketPath}.ttrpc` }],
];

/** Exec, attach and port-forward are served on loopback, on a port the kernel chooses. */
const STREAMING = { stream_server_address: '127.0.0.1', stream_server_port: '0' };

const runtime = (section: string, { layout, binaries, systemdCgroup }: ContainerdConfigOptions): Sections => [
  [section, { default_runtime_name: 'runc' }],
  [`${section}.runtimes.runc`, { runtime_type: 'io.containerd.runc.v2' }],
  [`${section}.runtimes.runc.options`, { BinaryName: binaries.runc, Root: `${layout.runDirectory}/runc`, SystemdCgroup: systemdCgroup }],
];

/** Plugins that would otherwise use places shared with other containerds: /opt/containerd and /var/run/nri. */
const isolation = (layout: ContainerdLayout): Sections => [
  ['plugins."io.containerd.internal.v1.opt"', { path: `${layout.directory}/opt` }],
  ['plugins."io.containerd.nri.v1.nri"', { disable: true }],
];

const toml = (sections: Sections): string =>
  sections
    .map(([name, values]) => {
      const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
      return (name === '' ? '' : `\n[${name}]\n`) + lines.join('');
    })
    .join('');
