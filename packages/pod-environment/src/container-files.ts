import { chmod, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import type { Container, Pod } from '@solo-kubelet/pod-spec';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { textOfBytes } from './core/byte-text.js';
import { type EnvFile, envFileKey } from './core/environment.js';
import { podHostname } from './core/hostname.js';
import { hostNetworkHostsFile, podHostsFile } from './core/hosts-file.js';
import type { PodPaths } from './core/pod-paths.js';
import { usedVolumes, volumeKind } from './core/pod-volumes.js';
import { makeDirectories } from './make-directories.js';
import { PodEnvironmentError } from './pod-environment-error.js';
import { openResolved } from './volumes/open-beneath.js';
import { volumeHostPath } from './volumes/set-up-volume.js';

/** Size limit of a file that a fileKeyRef names. A container may have written it. */
const MAX_ENV_FILE_BYTES = 1024 * 1024;

export interface HostsFileInput {
  readonly pod: Pod;
  readonly paths: PodPaths;
  /** The sandbox's addresses. */
  readonly podIps: readonly string[];
  readonly clusterDomain: string;
  /** The node's hosts file. */
  readonly hostsFile: string;
}

/** Writes the pod's /etc/hosts anew; undefined (and nothing written) while a pod with its own network has no address. */
export const writeHostsFile = async ({ pod, paths, podIps, clusterDomain, hostsFile }: HostsFileInput): Promise<string | undefined> => {
  const aliases = pod.spec.hostAliases ?? [];
  if (!pod.spec.hostNetwork && podIps.length === 0) return undefined;
  const text = pod.spec.hostNetwork
    ? hostNetworkHostsFile(await readFile(hostsFile, 'utf8').catch(unlessMissing), aliases)
    : podHostsFile(podIps, podHostname(pod, clusterDomain), aliases);
  // Running containers have the file mounted: it is written in place, never replaced.
  await writeFile(paths.etcHosts, text, { mode: 0o644 });
  await chmod(paths.etcHosts, 0o644);
  return paths.etcHosts;
};

/**
 * An empty file for the container's termination message, one for each restart count (docs/decisions/052), open to every user. Undefined for a
 * container that wants none.
 */
export const makeTerminationFile = async (paths: PodPaths, container: Container, restartCount: number): Promise<string | undefined> => {
  if (!container.terminationMessagePath) return undefined;
  const directory = paths.containerDir(container.name);
  await makeDirectories(directory, 0o750);
  const path = join(directory, restartCount.toString(16).padStart(8, '0'));
  await writeFile(path, '');
  await chmod(path, 0o666);
  return path;
};

/** What the container's fileKeyRefs name, read without leaving the volume; a failure is kept for the variable that needs the file. */
export const readEnvFiles = async (pod: Pod, container: Container, paths: PodPaths): Promise<ReadonlyMap<string, EnvFile>> => {
  const files = new Map<string, EnvFile>();
  for (const { valueFrom } of container.env ?? []) {
    const selector = valueFrom?.fileKeyRef;
    if (selector === undefined || files.has(envFileKey(selector))) continue;
    const volume = usedVolumes(pod).find(({ name }) => name === selector.volumeName);
    if (volume === undefined) continue;
    const directory = volumeKind(volume) === 'emptyDir' ? volumeHostPath(volume, paths) : undefined;
    if (directory === undefined) files.set(envFileKey(selector), { error: `volume "${volume.name}" is not an emptyDir` });
    else files.set(envFileKey(selector), await readBeneath(directory, selector.path));
  }
  return files;
};

const readBeneath = async (directory: string, path: string): Promise<EnvFile> => {
  try {
    const root = await realpath(directory);
    const named = await openResolved(root, join(root, path));
    try {
      const stats = await named.stat();
      if (!stats.isFile()) throw new Error(`${path} is not a regular file`);
      if (stats.size > MAX_ENV_FILE_BYTES) throw new Error(`${path} is larger than ${MAX_ENV_FILE_BYTES} bytes`);
      return { content: textOfBytes(await readRegular(`/proc/self/fd/${named.fd}`, { maxBytes: MAX_ENV_FILE_BYTES, followLinks: true })) };
    } finally {
      await named.close();
    }
  } catch (error) {
    return { error: describeError(error) };
  }
};

/** Runs a step that touches the container's files, naming the container when it fails. */
export const forContainer = async <Result>(container: Container, step: () => Promise<Result>): Promise<Result> => {
  try {
    return await step();
  } catch (error) {
    if (PodEnvironmentError.is(error)) throw error;
    throw new PodEnvironmentError({
      code: 'CONTAINER_FILES_FAILED',
      cause: error,
      message: `cannot prepare the files of container ${container.name}: ${describeError(error)}`,
    });
  }
};

const unlessMissing = (error: NodeJS.ErrnoException): string => {
  if (error.code === 'ENOENT') return '';
  throw error;
};
