import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { NodeError } from '../node-error.js';

/** Where a private containerd keeps its things. Everything of it lies under `directory` and `runDirectory`. */
export interface ContainerdLayout {
  readonly directory: string;
  readonly runDirectory: string;
  readonly configPath: string;
  readonly logPath: string;
  readonly rootDirectory: string;
  readonly stateDirectory: string;
  readonly socketPath: string;
  readonly cniConfigDirectory: string;
  readonly cniStateDirectory: string;
  /** Name of the pod network; rules and cached results of this instance carry it. */
  readonly networkName: string;
  /** Name of the bridge, at most 15 characters. */
  readonly bridge: string;
}

/** containerd listens at its address and at that with `.ttrpc` behind it, and takes 104 bytes (github.com/containerd/containerd/sys, as FreeBSD has it). */
const MAX_SOCKET_PATH = 104 - '.ttrpc'.length;

/** Derives every path and name from the two directories: a second start finds what the first one left. */
export const containerdLayout = (directory: string, runDirectory: string): ContainerdLayout => {
  const socketPath = join(runDirectory, 'containerd.sock');
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH) {
    throw new NodeError({
      code: 'NODE_HOST_UNSUITABLE',
      message: `${socketPath} has ${Buffer.byteLength(socketPath)} bytes; a socket of containerd may have ${MAX_SOCKET_PATH}`,
      hint: 'Choose a directory with a shorter path, such as --data-dir /var/lib/NAME.',
    });
  }
  const tag = createHash('sha256').update(`${directory}\n${runDirectory}`).digest('hex').slice(0, 8);
  return {
    directory,
    runDirectory,
    configPath: join(directory, 'containerd.toml'),
    logPath: join(directory, 'containerd.log'),
    rootDirectory: join(directory, 'containerd'),
    stateDirectory: join(runDirectory, 'containerd'),
    socketPath,
    cniConfigDirectory: join(directory, 'cni', 'net.d'),
    cniStateDirectory: join(directory, 'cni', 'networks'),
    networkName: `solo-${tag}`,
    bridge: `solo${tag}`,
  };
};
