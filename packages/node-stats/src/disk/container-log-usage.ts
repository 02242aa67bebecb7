import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { diskUsage } from '@solo-kubelet/untrusted-files';

/** What the log files of one container occupy. */
export interface LogUsage {
  readonly uid: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly usedBytes: number;
}

/** What the log files of every container of these pods occupy, for container_log_filesystem_used_bytes. */
export const containerLogUsage = async (
  podLogsDirectory: string,
  pods: readonly Pod[],
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly LogUsage[]> => {
  const perPod = pods.map(async ({ metadata }) => {
    const { namespace = '', name: pod = '', uid = '' } = metadata;
    const directory = join(podLogsDirectory, `${namespace}_${pod}_${uid}`);
    const containers = await readdir(directory).catch(() => []);
    return Promise.all(
      containers.map(
        async (container): Promise<LogUsage> => ({
          uid,
          namespace,
          pod,
          container,
          usedBytes: (await diskUsage(join(directory, container), signal)).usedBytes,
        }),
      ),
    );
  });
  return (await Promise.all(perPod)).flat();
};
