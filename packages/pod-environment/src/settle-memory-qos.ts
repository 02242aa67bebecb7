import { rm, stat, writeFile } from 'node:fs/promises';
import type { PodCgroups } from './pod-cgroups.js';

export interface MemoryQosState {
  readonly on: boolean;
  /** A file that says that this node's cgroups were told to keep memory. */
  readonly marker: string;
  readonly cgroups: Pick<PodCgroups, 'clearMemoryQos'>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives free what an earlier start with MemoryQoS has kept for pods, and takes the brake off their containers (kubernetes/kubernetes 138903, 139377):
 * cgroups outlive the kubelet. What others have written there is left alone unless the gate was on.
 */
export const settleMemoryQos = async ({ on, marker, cgroups, signal }: MemoryQosState): Promise<void> => {
  if (on) return writeFile(marker, '');
  const wasOn = await stat(marker).then(
    () => true,
    () => false,
  );
  if (!wasOn) return;
  await cgroups.clearMemoryQos({ signal });
  await rm(marker, { force: true });
};
