import type { ProbeReport } from '@solo-kubelet/probe-engine';
import type { EventDraft } from './event-of-activity.js';

const titles = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;

/** The event about one attempt of a probe: a failure is `Unhealthy`, a success worth a word `ProbeWarning`. */
export const eventOfProbe = (report: ProbeReport): EventDraft | undefined => {
  if (report.type !== 'attempt') return undefined;
  const { kind, outcome, containerName } = report;
  const title = titles[kind];
  switch (outcome.result) {
    case 'failure':
      return { type: 'Warning', reason: 'Unhealthy', message: `${title} probe failed: ${outcome.output}`, containerName };
    case 'warning':
      return { type: 'Warning', reason: 'ProbeWarning', message: `${title} probe warning: ${outcome.output}`, containerName };
    case 'error':
      return {
        type: 'Warning',
        reason: 'Unhealthy',
        message: `${title} probe errored and resulted in unknown state: ${outcome.output}`,
        containerName,
      };
    default:
      return undefined;
  }
};
