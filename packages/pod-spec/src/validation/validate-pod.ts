import type { Pod, PodSpec } from '../gen/pod-types.js';
import { validateImagesSpace } from './containers.js';
import type { FieldError } from './field-error.js';
import { subdomainNameErrors, validateObjectMeta } from './metadata.js';
import { validatePodAnnotations } from './pod-annotations.js';
import { validatePodSpec } from './pod-spec.js';
import { createReport, type Report } from './report.js';
import { validateProfilesMatchAnnotations } from './security-profiles.js';

/** Every broken rule of a Pod that was defaulted and given its static identity, as on creation in Kubernetes 1.36. */
export const validatePod = (pod: Pod): readonly FieldError[] => {
  const report = createReport();
  const { metadata } = pod;
  // A manifest may lack what the types promise.
  const spec: PodSpec = { ...pod.spec, containers: pod.spec?.containers ?? [] };
  const annotations = metadata.annotations ?? {};
  validateObjectMeta(metadata, { namespaced: true, nameErrors: subdomainNameErrors }, 'metadata', report);
  validatePodAnnotations(annotations, spec, 'metadata.annotations', report);
  validatePodSpec(spec, metadata, 'spec', report);
  // Only an API server adds ephemeral containers, and to a Pod that runs.
  if ((spec.ephemeralContainers ?? []).length > 0) report.forbidden('spec.ephemeralContainers', 'cannot be set on create');
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    report.forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared');
  }
  validateTokensHaveAccount(spec, 'spec', report);
  validateImagesSpace(spec.containers, 'spec.containers', report);
  validateImagesSpace(spec.initContainers ?? [], 'spec.initContainers', report);
  validateProfilesMatchAnnotations(annotations, spec, 'spec', report);
  return report.errors;
};

const validateTokensHaveAccount = (spec: PodSpec, field: string, report: Report): void => {
  if (spec.serviceAccountName) return;
  for (const [i, { projected }] of (spec.volumes ?? []).entries()) {
    for (const [j, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
      if (serviceAccountToken === undefined) continue;
      const detail = 'must not be specified when serviceAccountName is not set';
      report.forbidden(`${field}.volumes[${i}].projected.sources[${j}].serviceAccountToken`, detail);
    }
  }
};
