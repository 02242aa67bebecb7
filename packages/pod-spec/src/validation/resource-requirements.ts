import type { Quantity, ResourceClaim, ResourceRequirements } from '../gen/pod-types.js';
import { readQuantity } from '../quantity/parse-quantity.js';
import {
  compareQuantities,
  formatQuantity,
  type QuantityLike,
  quantityMilliValue,
  quantitySign,
  quantityValue,
} from '../quantity/quantity.js';
import {
  hugePageSize,
  isExtendedName,
  isHugePagesName,
  isIntegerName,
  isNativeName,
  isOvercommitAllowed,
  isPodLevelName,
  isStandardContainerName,
  isStandardName,
} from '../resources/resource-name.js';
import { dnsLabelErrors, qualifiedNameErrors } from './grammar.js';
import type { Report } from './report.js';

type NameRule = (name: string, field: string, report: Report) => void;

interface ResourceRules {
  readonly validateName: NameRule;
  /** The names in `spec.resourceClaims`, which `claims` may use. */
  readonly claimNames: ReadonlySet<string>;
}

export const validateRequirements = (
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  { validateName, claimNames }: ResourceRules,
  field: string,
  report: Report,
): void => {
  for (const [name, quantity] of Object.entries(limits)) {
    validateName(name, `${field}.limits[${name}]`, report);
    validateAmount(name, quantity, `${field}.limits[${name}]`, report);
  }
  for (const [name, quantity] of Object.entries(requests)) {
    validateName(name, `${field}.requests[${name}]`, report);
    validateAmount(name, quantity, `${field}.requests[${name}]`, report);
    validateAgainstLimit(name, quantity, limits[name], field, report);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePagesName) && !names.includes('cpu') && !names.includes('memory')) {
    report.forbidden(field, 'HugePages require cpu or memory');
  }
  validateClaims(claims, claimNames, `${field}.claims`, report);
};

/** A name that any resource may have; whether it is sound. */
export const validateResourceName: (...args: Parameters<NameRule>) => boolean = (name, field, report) => {
  const errors = qualifiedNameErrors(name);
  report.invalidEach(field, name, errors);
  if (errors.length > 0) return false;
  if (name.includes('/') || isStandardName(name)) return true;
  report.invalid(field, name, 'must be a standard resource type or fully qualified');
  return false;
};

export const validateContainerResourceName: NameRule = (name, field, report) => {
  validateResourceName(name, field, report);
  if (!name.includes('/')) {
    if (!isStandardContainerName(name)) report.invalid(field, name, 'must be a standard resource for containers');
  } else if (!isNativeName(name) && !isExtendedName(name)) {
    report.invalid(field, name, "doesn't follow extended resource name standard");
  }
};

export const validatePodResourceName: NameRule = (name, field, report) => {
  if (validateResourceName(name, field, report) && !isPodLevelName(name)) {
    report.notSupported(field, name, ['cpu', 'hugepages-', 'memory']);
  }
};

/** A quantity of this resource, wherever it stands. */
export const validateQuantityOf = (name: string, quantity: Quantity, field: string, report: Report): void => {
  if (quantitySign(quantity) < 0) report.invalid(field, formatQuantity(quantity), 'must be greater than or equal to 0');
  if (isIntegerName(name) && !isWhole(quantity)) report.invalidStructure(field, formatQuantity(quantity), 'must be an integer');
};

const MAX_INT64 = 2n ** 63n - 1n;

/** A quantity whose thousandths do not fit in 64 bits counts as whole, as upstream. */
const isWhole = (quantity: QuantityLike): boolean => {
  const milliValue = quantityMilliValue(quantity);
  return milliValue > MAX_INT64 || milliValue % 1000n === 0n;
};

const validateAmount = (name: string, quantity: Quantity, field: string, report: Report): void => {
  validateQuantityOf(name, quantity, field, report);
  if (isHugePagesName(name) && !isWholePages(name, quantity)) {
    const amount = formatQuantity(quantity);
    report.invalid(field, amount, `${amount} is not positive integer multiple of ${name}`);
  }
};

const isWholePages = (name: string, quantity: Quantity): boolean => {
  const pageSize = readQuantity(hugePageSize(name));
  if (typeof pageSize === 'string' || quantitySign(pageSize) <= 0 || !isWhole(pageSize)) return false;
  return quantityValue(quantity) % quantityValue(pageSize) === 0n;
};

const validateAgainstLimit = (name: string, request: Quantity, limit: Quantity | undefined, field: string, report: Report): void => {
  if (limit === undefined) {
    if (!isOvercommitAllowed(name)) report.required(`${field}.limits`, 'Limit must be set for non overcommitable resources');
    return;
  }
  const order = compareQuantities(request, limit);
  const relation = !isOvercommitAllowed(name) && order !== 0 ? 'equal to' : order > 0 ? 'less than or equal to' : undefined;
  if (relation === undefined) return;
  report.invalid(`${field}.requests`, formatQuantity(request), `must be ${relation} ${name} limit of ${formatQuantity(limit)}`);
};

/** A claim may be used whole, or by requests of it, but nothing of it twice. */
const validateClaims = (claims: readonly ResourceClaim[], claimNames: ReadonlySet<string>, field: string, report: Report): void => {
  const used = new Set<string>();
  for (const [i, { name = '', request = '' }] of claims.entries()) {
    if (name === '') {
      report.required(`${field}[${i}]`);
      continue;
    }
    if (used.has(name)) report.duplicate(`${field}[${i}]`, name);
    else {
      if (request !== '') report.invalidEach(`${field}[${i}].request`, request, dnsLabelErrors(request));
      const key = request === '' ? name : `${name}/${request}`;
      if (used.has(key)) report.duplicate(`${field}[${i}]`, key);
      else if (request === '') {
        for (const other of used) if (other.startsWith(`${name}/`)) report.duplicate(`${field}[${i}]`, name);
      }
      used.add(key);
    }
    if (!claimNames.has(name)) {
      const known = claimNames.size === 0 ? ' which is empty' : `: ${[...claimNames].sort().join(', ')}`;
      report.notFound(`${field}[${i}]`, name, `must be one of the names in pod.spec.resourceClaims${known}`);
    }
  }
};
