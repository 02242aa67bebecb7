import type { JobSpec } from '../gen/object-types.js';
import { podTemplateWarnings } from './pod-template.js';

const MANY_COMPLETIONS = 100_000;
const MUCH_PARALLELISM = 10_000;

/** What the server would warn of in the spec of a Job. */
export const jobSpecWarnings = (spec: JobSpec, field: string): readonly string[] => {
  const { completionMode, completions = 0, parallelism = 0 } = spec;
  const isHuge = completionMode === 'Indexed' && completions > MANY_COMPLETIONS && parallelism > MUCH_PARALLELISM;
  const huge =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';
  return [...(isHuge ? [`${field}: ${huge}`] : []), ...podTemplateWarnings(spec.template, `${field}.template`)];
};
