import { type Report, validatePodTemplate } from '@solo-kubelet/pod-spec/schema';
import type { PodTemplateSpec } from '../gen/object-types.js';
import { placedContainers } from '../warnings/placed-container.js';
import type { ObjectPolicy } from './kind-rules.js';

/** The rules for a pod template, those of the policy included. */
export const validateTemplate = (template: PodTemplateSpec, field: string, report: Report, { allowPrivileged }: ObjectPolicy): void => {
  validatePodTemplate(template, field, report);
  if (allowPrivileged || template.spec === undefined) return;
  for (const { container, field: at } of placedContainers(template.spec, `${field}.spec`)) {
    if (container.securityContext?.privileged === true)
      report.forbidden(`${at}.securityContext.privileged`, 'disallowed by cluster policy');
  }
};
