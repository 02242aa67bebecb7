import { constants, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { describeError } from '@solo-kubelet/diagnostics';
import type { HostPathVolumeSource } from '@solo-kubelet/pod-spec';
import { makeDirectories } from '../make-directories.js';
import { PodEnvironmentError } from '../pod-environment-error.js';

interface Check {
  readonly isRight: (stats: Stats) => boolean;
  readonly wanted: string;
  /** Makes what is missing. */
  readonly create?: (path: string) => Promise<void>;
}

const makeFile = async (path: string): Promise<void> => {
  await (await open(path, constants.O_CREAT | constants.O_RDWR, 0o644)).close();
};

const makeDirectory = async (path: string): Promise<void> => {
  await makeDirectories(path, 0o755);
};

const checks: Readonly<Record<string, Check>> = {
  Directory: { isRight: (stats) => stats.isDirectory(), wanted: 'a directory' },
  DirectoryOrCreate: { isRight: (stats) => stats.isDirectory(), wanted: 'a directory', create: makeDirectory },
  File: { isRight: (stats) => stats.isFile(), wanted: 'a file' },
  FileOrCreate: { isRight: (stats) => stats.isFile(), wanted: 'a file', create: makeFile },
  Socket: { isRight: (stats) => stats.isSocket(), wanted: 'a socket file' },
  CharDevice: { isRight: (stats) => stats.isCharacterDevice(), wanted: 'a character device' },
  BlockDevice: { isRight: (stats) => stats.isBlockDevice(), wanted: 'a block device' },
};

/** Checks a hostPath by its type, following links, and makes what `…OrCreate` types ask for. Upstream: pkg/volume/hostpath/host_path.go. */
export const prepareHostPath = async ({ path, type }: HostPathVolumeSource): Promise<string> => {
  const hostPath = path ?? '';
  if (hostPath.split('/').includes('..')) throw mismatch(`the path "${hostPath}" must not contain a ".." element`, false);
  if (!type) return hostPath;
  const check = Object.hasOwn(checks, type) ? checks[type] : undefined;
  if (check === undefined) throw mismatch(`"${type}" is not a hostPath type`, false);
  try {
    if (check.create !== undefined && (await statOrUndefined(hostPath)) === undefined) await check.create(hostPath);
  } catch (error) {
    throw mismatch(`cannot create ${hostPath}: ${describeError(error)}`);
  }
  const stats = await statOrUndefined(hostPath);
  if (stats === undefined) throw mismatch(`${hostPath} is not ${check.wanted}: it does not exist`);
  if (!check.isRight(stats)) throw mismatch(`${hostPath} is not ${check.wanted}: it is ${kindOf(stats)}`);
  return hostPath;
};

/** What a path is, in the words of what it was wanted to be. Upstream since 1.37 (kubernetes/kubernetes 121873). */
const kindOf = (stats: Stats): string =>
  ['Directory', 'File', 'Socket', 'CharDevice', 'BlockDevice'].map((type) => checks[type]).find((check) => check?.isRight(stats))?.wanted ??
  (stats.isFIFO() ? 'a FIFO' : 'of another kind');

const statOrUndefined = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

const mismatch = (text: string, retryable = true): PodEnvironmentError =>
  new PodEnvironmentError({ code: 'HOST_PATH_TYPE_MISMATCH', message: `hostPath type check failed: ${text}`, retryable });
