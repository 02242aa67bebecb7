import type { ObjectMeta, PodSpec } from '../gen/pod-types.js';
import { validateLabels } from './labels.js';
import { validateAnnotations } from './metadata.js';
import { validatePodAnnotations } from './pod-annotations.js';
import { validatePodSpec } from './pod-spec.js';
import type { Report } from './report.js';
import { validateProfilesMatchAnnotations } from './security-profiles.js';

/** What a workload makes Pods from. */
export interface PodTemplate {
  readonly metadata?: ObjectMeta;
  readonly spec?: PodSpec;
}

/** Every broken rule of a defaulted pod template. The paths of labels and annotations lack `metadata`, as upstream's. */
export const validatePodTemplate = ({ metadata = {}, spec: given }: PodTemplate, field: string, report: Report): void => {
  const spec: PodSpec = { ...given, containers: given?.containers ?? [] };
  const annotations = metadata.annotations ?? {};
  validateLabels(metadata.labels, `${field}.labels`, report);
  validateAnnotations(metadata.annotations, `${field}.annotations`, report);
  validatePodAnnotations(annotations, spec, `${field}.annotations`, report);
  validatePodSpec(spec, {}, `${field}.spec`, report);
  validateProfilesMatchAnnotations(annotations, spec, `${field}.spec`, report);
  // A Pod may leave it empty, for somebody to fill in; nobody fills in a template's (kubernetes/kubernetes 135989).
  for (const [i, { image }] of (spec.volumes ?? []).entries()) {
    if (image !== undefined && !image.reference) report.required(`${field}.spec.volumes[${i}].image.reference`);
  }
  if ((spec.ephemeralContainers ?? []).length > 0) {
    report.forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
  }
};
