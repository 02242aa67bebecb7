import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The programs a private containerd needs, as absolute paths. */
export interface ContainerdBinaries {
  readonly containerd: string;
  readonly ctr: string;
  readonly runc: string;
  /** Directory of containerd-shim-runc-v2. */
  readonly shimDirectory: string;
  readonly cniPluginDirectory: string;
}

export type BinarySearch =
  | { readonly type: 'found'; readonly binaries: ContainerdBinaries }
  | { readonly type: 'missing'; readonly missing: readonly string[]; readonly installCommand: string };

export interface BinarySearchOptions {
  /** The PATH variable's value. */
  readonly path: string;
  /** The text of /etc/os-release, for the install command. */
  readonly osRelease: string;
  /** For tests. Default: whether the file is there and executable. */
  readonly isExecutable?: (path: string) => Promise<boolean>;
}

/** Where distributions put system programs that a user's PATH may lack, and where release archives are unpacked. */
const USUAL_PLACES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/opt/containerd/bin'];
/** /usr/lib/cni: Debian and Ubuntu; /opt/cni/bin: the CNI project; /usr/libexec/cni: Fedora. */
const CNI_PLACES = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni', '/usr/local/libexec/cni'];

/** Looks for containerd, ctr, runc, the shim, iptables and the CNI plugins on the PATH and in the usual places. */
export const findContainerdBinaries = async (options: BinarySearchOptions): Promise<BinarySearch> => {
  const { isExecutable = canExecute } = options;
  const places = [...options.path.split(delimiter).filter((place) => place.startsWith('/')), ...USUAL_PLACES];
  const find = async (name: string, directories: readonly string[] = places): Promise<string | undefined> => {
    for (const directory of directories) if (await isExecutable(join(directory, name))) return join(directory, name);
    return undefined;
  };
  const containerd = await find('containerd');
  const ctr = await find('ctr');
  const runc = await find('runc');
  const shim = await find('containerd-shim-runc-v2', containerd === undefined ? places : [dirname(containerd), ...places]);
  const bridge = await find('bridge', CNI_PLACES);
  const iptables = await find('iptables');
  if (containerd && ctr && runc && shim && bridge && iptables) {
    const binaries = { containerd, ctr, runc, shimDirectory: dirname(shim), cniPluginDirectory: dirname(bridge) };
    return { type: 'found', binaries };
  }
  const missing = [
    ...(containerd && ctr && shim ? [] : ['containerd']),
    ...(runc ? [] : ['runc']),
    ...(bridge ? [] : ['CNI plugins']),
    ...(iptables ? [] : ['iptables']),
  ];
  return { type: 'missing', missing, installCommand: installCommand(options.osRelease) };
};

/** The one command that installs all of them on this distribution. */
export const installCommand = (osRelease: string): string => {
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, value]) => value!.split(' '));
  const [, command] = INSTALL_COMMANDS.find(([id]) => ids.includes(id)) ?? INSTALL_COMMANDS[0]!;
  return command;
};

const INSTALL_COMMANDS: readonly (readonly [string, string])[] = [
  ['debian', 'apt-get update && apt-get install -y --no-install-recommends containerd runc containernetworking-plugins iptables iproute2'],
  ['fedora', 'dnf install -y containerd runc containernetworking-plugins iptables iproute'],
  ['arch', 'pacman -S --noconfirm containerd runc cni-plugins iptables iproute2'],
  ['alpine', 'apk add containerd containerd-ctr runc cni-plugins iptables iproute2'],
  ['suse', 'zypper install -y containerd containerd-ctr runc cni-plugins iptables iproute2'],
];

/** `1.6`, `2.1`, …: what decides the shape of containerd's configuration. */
export const containerdVersion = async (containerd: string): Promise<string> => {
  const { stdout } = await run(containerd, ['--version'], { timeout: 10_000 });
  return /\bv?(\d+\.\d+)\.\d+/.exec(stdout)?.[1] ?? '1.6';
};

const canExecute = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
