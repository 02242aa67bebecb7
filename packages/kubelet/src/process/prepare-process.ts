import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { fields, type KubeletConfiguration } from '../config/fields.js';
import { KubeletError } from './kubelet-error.js';
import { setProcessFlags } from './process-flags.js';

export interface PrepareProcessOptions {
  readonly config: Pick<KubeletConfiguration, 'oomScoreAdj' | 'maxOpenFiles' | 'kubeletCgroups'>;
  readonly cgroups: { readonly mountPoint: string; readonly version: 1 | 2 };
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const PRLIMIT_TIMEOUT_MS = 10_000;

/**
 * What the kubelet's own process is to be: with little memory and compiled late, and as the configuration wants it: spared by the OOM killer, allowed to open so many files, in a cgroup of its own. The
 * first two are done where they may be; a cgroup that was asked for has to be had. Upstream: cmd/kubelet/app/server.go, pkg/kubelet/cm.
 */
export const prepareProcess = async (options: PrepareProcessOptions): Promise<void> => {
  const { config, logger } = options;
  setProcessFlags();
  await writeFile('/proc/self/oom_score_adj', String(config.oomScoreAdj)).catch(() =>
    logger.debug({}, 'Cannot set oom_score_adj of the kubelet; going on without'),
  );
  if (config.maxOpenFiles > 0)
    await limitOpenFiles(process.pid, config.maxOpenFiles, options).catch((error: unknown) => {
      const log = config.maxOpenFiles === fields.maxOpenFiles.fallback ? logger.debug : logger.warn;
      log.call(
        logger,
        { maxOpenFiles: config.maxOpenFiles, err: describeError(error) },
        'Cannot set the number of files the kubelet may open',
      );
    });
  if (config.kubeletCgroups !== '') await moveTo(options);
};

/** Through `prlimit` of util-linux: Node cannot set limits of its own process. */
export const limitOpenFiles = async (pid: number, most: number, { signal }: { readonly signal: AbortSignal }): Promise<void> => {
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--nofile=${most}:${most}`], { signal, timeout: PRLIMIT_TIMEOUT_MS });
};

const moveTo = async ({ config: { kubeletCgroups }, cgroups }: PrepareProcessOptions): Promise<void> => {
  try {
    const hierarchies = cgroups.version === 2 ? [''] : v1Hierarchies(await readdir(cgroups.mountPoint));
    for (const hierarchy of hierarchies) {
      const directory = join(cgroups.mountPoint, hierarchy, kubeletCgroups);
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'cgroup.procs'), String(process.pid));
    }
  } catch (cause) {
    throw new KubeletError({
      code: 'KUBELET_HOST_UNSUITABLE',
      cause,
      message: `the kubelet cannot be moved to the cgroup ${kubeletCgroups}: ${describeError(cause)}`,
      hint: 'Leave kubeletCgroups empty to stay in the cgroup that the kubelet was started in.',
    });
  }
};

/** Of the controllers that are mounted, those that a new group of may be entered at once: one of cpuset has no CPUs yet. `unified` and `systemd` are systemd's. */
export const v1Hierarchies = (mounted: readonly string[]): readonly string[] =>
  mounted.filter((name) => name !== 'unified' && name !== 'systemd' && !name.split(',').includes('cpuset'));
