import type { PodSpec, Quantity } from '../gen/pod-types.js';
import { compareQuantities, formatQuantity } from '../quantity/quantity.js';
import { aggregateLimits, aggregateRequests } from '../resources/pod-totals.js';
import { isHugePagesName, isPodLevelName } from '../resources/resource-name.js';
import type { Report } from './report.js';
import { validatePodResourceName, validateRequirements } from './resource-requirements.js';

/** The resources of the Pod as a whole, and how they go with those of its containers. */
export const validatePodResources = (spec: PodSpec, claimNames: ReadonlySet<string>, field: string, report: Report): void => {
  if (spec.resources === undefined) return;
  if (spec.os?.name === 'windows') {
    report.forbidden(field, 'may not be set for a windows pod');
    return;
  }
  if (spec.resources.claims !== undefined) report.forbidden(`${field}.claims`, 'claims may not be set for Resources at pod-level');
  validateRequirements(spec.resources, { validateName: validatePodResourceName, claimNames }, field, report);
  const { requests = {}, limits = {} } = spec.resources;
  for (const [name, total] of Object.entries(aggregateRequests(spec))) {
    if (isPodLevelName(name)) validateAtLeast(requests[name], total, 'requests', `${field}.requests[${name}]`, report);
  }
  for (const [name, total] of Object.entries(aggregateLimits(spec))) {
    if (isHugePagesName(name)) validateAtLeast(limits[name], total, 'limits', `${field}.limits[${name}]`, report);
  }
  validateContainerLimits(spec, limits, field, report);
};

const validateAtLeast = (amount: Quantity | undefined, total: Quantity, kind: string, field: string, report: Report): void => {
  if (amount !== undefined && compareQuantities(total, amount) > 0) {
    report.invalid(field, formatQuantity(amount), `must be greater than or equal to aggregate container ${kind} of ${total}`);
  }
};

const validateContainerLimits = (spec: PodSpec, limits: Readonly<Record<string, Quantity>>, field: string, report: Report): void => {
  for (const [i, container] of spec.containers.entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const podLimit = limits[name];
      if (podLimit === undefined || compareQuantities(limit, podLimit) <= 0) continue;
      const detail = `must be less than or equal to pod limits of ${formatQuantity(podLimit)}`;
      report.invalid(`${field}.containers[${i}][${name}].limits`, formatQuantity(limit), detail);
    }
  }
};
