import { stat } from 'node:fs/promises';
import type { Container, Pod } from '@solo-kubelet/pod-spec';
import { containerDevices } from './core/devices.js';
import { PodEnvironmentError } from './pod-environment-error.js';

/**
 * Refuses what an annotation calls a device and is none: of a directory a runtime hands out every device below it.
 * @throws PodEnvironmentError DEVICE_NOT_ALLOWED
 */
export const checkDevices = async (pod: Pod, container: Container, allowed: readonly string[]): Promise<void> => {
  for (const { hostPath } of containerDevices(pod, container, allowed)) {
    const found = await stat(hostPath).catch(() => undefined);
    if (found?.isCharacterDevice() || found?.isBlockDevice()) continue;
    throw new PodEnvironmentError({
      code: 'DEVICE_NOT_ALLOWED',
      message: `${hostPath} ${found === undefined ? 'is not there' : 'is not a device'}`,
    });
  }
};
