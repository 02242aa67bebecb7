import type { Container, PodSpec } from '@solo-kubelet/pod-spec';
import { childName } from '../child-names.js';
import { podsPrefix } from '../controller-names.js';
import type { NewPod } from '../workload.js';
import type { IndexFailures, Job } from './job.js';

const INDEX = 'batch.kubernetes.io/job-completion-index';
const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count';
const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';
const MAX_PREFIX_LENGTH = 58;

export interface JobPodOptions {
  /** For the name: how many Pods the Job has made before. */
  readonly number: number;
  readonly index?: number;
  /** What failed at the index so far, with backoffLimitPerIndex. */
  readonly failures?: IndexFailures;
}

/** The next Pod of a Job (job_controller.go manageJob, indexed_job_utils.go). */
export const jobPod = ({ metadata, spec }: Job, { number, index, failures }: JobPodOptions): NewPod => {
  const { metadata: labelled, spec: podSpec } = spec.template;
  const prefix = index === undefined ? podsPrefix(metadata.name) : indexedPrefix(metadata.name, index);
  const annotations = {
    ...labelled?.annotations,
    ...(index !== undefined && { [INDEX]: String(index) }),
    ...(spec.backoffLimitPerIndex !== undefined && index !== undefined && { [FAILURE_COUNT]: String(failures?.counted ?? 0) }),
    ...(failures !== undefined && failures.ignored > 0 && { [IGNORED_COUNT]: String(failures.ignored) }),
  };
  return {
    metadata: {
      name: childName(prefix, metadata.uid, number),
      generateName: prefix,
      namespace: metadata.namespace,
      labels: { ...labelled?.labels, ...(index !== undefined && { [INDEX]: String(index) }) },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: index === undefined ? podSpec : { ...withIndexVariable(podSpec), hostname: `${metadata.name}-${index}` },
  };
};

/** The name of the Job is cut, never the index. */
const indexedPrefix = (jobName: string, index: number): string => {
  const suffix = `-${index}-`;
  return `${jobName.slice(0, MAX_PREFIX_LENGTH - suffix.length)}${suffix}`;
};

const withIndexVariable = (spec: PodSpec): PodSpec => ({
  ...spec,
  ...(spec.initContainers && { initContainers: spec.initContainers.map(knowingIndex) }),
  containers: spec.containers.map(knowingIndex),
});

const knowingIndex = (container: Container): Container =>
  container.env?.some(({ name }) => name === INDEX_VARIABLE)
    ? container
    : {
        ...container,
        env: [
          ...(container.env ?? []),
          { name: INDEX_VARIABLE, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } } },
        ],
      };
