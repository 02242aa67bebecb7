import { mkdir, mkdtemp, readdir, readFile, realpath } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import type { Logger } from '@solo-kubelet/diagnostics';
import { type ContainerdBinaries, findContainerdBinaries } from '../containerd/binaries.js';
import { type ImportOptions, importImages } from '../containerd/import-images.js';
import { removeAllPods } from '../containerd/remove-all-pods.js';
import { type PrivateContainerd, startContainerd } from '../containerd/start-containerd.js';
import { sweep } from '../containerd/sweep.js';
import { DEFAULT_DATA_DIRECTORY, runDirectoryOf } from '../defaults/default-paths.js';
import { localArchitecture, writeImageArchive } from '../images/image-archive.js';
import { PAUSE_IMAGE, pauseImage } from '../images/pause-image.js';
import { NodeError } from '../node-error.js';
import { type DataLayout, dataLayout, sweepTarget } from './data-layout.js';
import { nodeSubnet } from './node-subnet.js';
import { releaseNetworks } from './release-networks.js';

/** Is told of the steps of something long. */
export interface Progress {
  /** Runs one step and says how it went; `describe` turns its result into a few words. */
  step<T>(name: string, work: () => Promise<T>, describe?: (result: T) => string): Promise<T>;
  note(text: string): void;
}

export interface StartNodeOptions {
  /** Undefined: a temporary one that goes when the node is disposed of. */
  readonly dataDirectory?: string;
  /** Directories of image archives besides the data directory's own. */
  readonly imageDirectories: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A private container runtime that is ready for a kubelet. Disposing it ends the runtime; an ephemeral one goes with all its pods. */
export interface RunningNode extends AsyncDisposable {
  readonly layout: DataLayout;
  readonly endpoint: string;
}

/** From bare machine to running containerd: finds the programs, writes its configuration, starts it and imports the images. */
export const startNode = async (options: StartNodeOptions): Promise<RunningNode> => {
  const { progress, logger, signal } = options;
  const binaries = await progress.step(
    'Programs found',
    () => findBinaries(options.env),
    (found) => `${found.containerd}, ${found.runc}, ${found.cniPluginDirectory}`,
  );
  const named = options.dataDirectory === undefined ? await mkdtemp(join(tmpdir(), 'solo-')) : resolve(options.dataDirectory);
  // The kernel's list of mounts has resolved paths: what is behind a link would not be found in it.
  const dataDirectory = await realpath(named);
  const layout = dataLayout(dataDirectory, runDirectoryOf(named === DEFAULT_DATA_DIRECTORY ? named : dataDirectory));
  const ephemeral = options.dataDirectory === undefined;
  let containerd: PrivateContainerd | undefined;
  const end = async (): Promise<void> => {
    if (ephemeral && containerd?.pid !== undefined) await removePods(containerd.endpoint, logger);
    await containerd?.stop();
    if (ephemeral) await releaseNetworks({ layout, env: options.env, logger });
    if (ephemeral) await sweep(sweepTarget(layout, true));
  };
  try {
    for (const path of [layout.kubeletRoot, layout.podLogs, layout.images, layout.manifests]) await mkdir(path, { recursive: true });
    const subnet = await nodeSubnet(layout.subnetFile, Number.parseInt(layout.containerd.networkName.slice(-6), 16), logger);
    const started = await progress.step(
      'Container runtime started',
      () => startContainerd({ layout: layout.containerd, binaries, subnet, masquerade: true, sandboxImage: PAUSE_IMAGE, logger, signal }),
      ({ version, endpoint }) => `containerd ${version} at ${endpoint}, pods in ${subnet}`,
    );
    containerd = started;
    const failures: string[] = [];
    const directories = [layout.images, ...options.imageDirectories];
    await progress.step(
      'Images imported',
      () => importAll(started, layout, directories, { signal, onFailure: ({ message }) => failures.push(message) }),
      (names) => `${names.length}`,
    );
    for (const directory of options.imageDirectories)
      if ((await archivesIn(directory)).length === 0)
        failures.push(
          `no image archives in ${directory}: files are looked for that end in .tar, .tgz, .tar.gz, .tar.zst, .tar.xz or .tar.bz2`,
        );
    // One bad archive is no reason to run nothing: its Pods will say what they miss.
    for (const message of failures) progress.note(`! ${message}`);
    return { layout, endpoint: started.endpoint, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
};

const findBinaries = async (env: StartNodeOptions['env']): Promise<ContainerdBinaries> => {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const search = await findContainerdBinaries({ path: env['PATH'] ?? '', osRelease });
  if (search.type === 'found') return search.binaries;
  throw new NodeError({
    code: 'NODE_PREREQUISITE_MISSING',
    message: `not on this machine: ${search.missing.join(', ')}`,
    hint: `Install with: ${search.installCommand}`,
  });
};

const importAll = async (
  containerd: PrivateContainerd,
  layout: DataLayout,
  directories: readonly string[],
  options: ImportOptions,
): Promise<readonly string[]> => {
  const architecture = localArchitecture(arch());
  if (architecture === undefined) {
    throw new NodeError({ code: 'NODE_HOST_UNSUITABLE', message: `there is no pause image for the processor ${arch()}` });
  }
  const pause = join(layout.containerd.directory, 'pause.tar');
  await writeImageArchive(pause, [pauseImage(architecture)]);
  const archives = await Promise.all(directories.map(archivesIn));
  return importImages(containerd, [pause, ...archives.flat()], options);
};

const archivesIn = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new NodeError({ code: 'NODE_NOT_FOUND', message: `cannot read the image directory ${directory}`, cause });
  });
  return names
    .filter((name) => /^[^.].*\.(?:tar(?:\.(?:gz|zst|xz|bz2))?|tgz)$/.test(name))
    .sort()
    .map((name) => join(directory, name));
};

/** Whatever cannot be stopped in time is swept away with the rest. */
const removePods = async (endpoint: string, logger: Logger): Promise<void> => {
  await using cri = createCriClient({ endpoint, timeoutMs: 20_000 });
  await removeAllPods(cri).catch((error: unknown) => logger.debug({ err: error }, 'Cannot stop every pod; sweeping'));
};
