import type { ProbeReport } from '@solo-kubelet/probe-engine';
import type { EventDraft } from './event-of-activity.js';

const titles = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;

/** The event about one attempt of a probe: a failure is `Unhealthy`, a success worth a word `ProbeWarning`. */
export const eventOfProbe = (report: ProbeReport): EventDraft | undefined => {
  if (report.type !== 'attempt') return undefined;
  const { probe, result, output } = report;
  const title = titles[probe.kind];
  const { containerName } = probe;
  switch (result) {
    case 'success':
      return undefined;
    case 'warning':
      return { type: 'Warning', reason: 'ProbeWarning', message: `${title} probe warning: ${output}`, containerName };
    case 'failure':
      return { type: 'Warning', reason: 'Unhealthy', message: `${title} probe failed: ${output}`, containerName };
    case 'unknown':
      return {
        type: 'Warning',
        reason: 'Unhealthy',
        message: `${title} probe errored and resulted in unknown state: ${output}`,
        containerName,
      };
  }
};
