import { delay } from '@solo-kubelet/timers';
import { podCgroupMeasurements } from '../cgroups/pod-measurements.js';
import { cgroupStats } from './cgroup-stats.js';
import { nodeMeasurements } from './node-measurements.js';
import type { SummaryOptions } from './summary-options.js';

/** Pause after which a second reading makes a rate, ms. */
const PAUSE_MS = 600;

/**
 * Reads the CPU counters that were never read, and waits a moment, so that the summary that follows has a rate for everything. Upstream's
 * cAdvisor samples all the time instead.
 */
export const readForTheFirstTime = async ({ view, rates, systemContainers, now }: SummaryOptions, signal: AbortSignal): Promise<void> => {
  const { cgroups } = view;
  if (!cgroups) return;
  const nowMs = now();
  const pods = view.pods.list().filter((pod) => {
    const ids = (pod.status?.containerStatuses ?? []).flatMap(({ state, containerID }) =>
      state?.running && containerID ? [containerID.replace(/^[^:]*:\/\//, '')] : [],
    );
    return ids.some((id) => !rates.knows(id));
  });
  const isFirst = !rates.knows('node');
  if (pods.length === 0 && !isFirst) return;
  if (isFirst) {
    rates.rateOf('node', (await nodeMeasurements(nowMs)).cpu?.usageCoreNanoSeconds, nowMs);
    await systemContainers(cgroups, nowMs, rates.rateOf);
  }
  const found = await Promise.all(
    pods.map(async (pod) => {
      const read = await podCgroupMeasurements(cgroups, pod, nowMs);
      if (read?.measurements) cgroupStats(`pod/${pod.metadata.uid}`, read.measurements, rates.rateOf);
      for (const { containerId, measurements } of read?.containers ?? []) cgroupStats(containerId, measurements, rates.rateOf);
      return (read?.containers ?? []).length > 0;
    }),
  );
  if (isFirst || found.includes(true)) await delay(PAUSE_MS, undefined, { signal });
};
