import { compareQuantities, formatQuantity, quantityMilliValue, quantityValue } from '@solo-kubelet/pod-spec';
import {
  isOvercommitAllowed,
  qualifiedNameErrors,
  type Report,
  roundList,
  subdomainNameErrors,
  validateContainerResourceName,
  validateResourceName,
} from '@solo-kubelet/pod-spec/schema';
import type { LimitRange, LimitRangeItem } from '../gen/object-types.js';
import type { KindRules } from './kind-rules.js';

type List = Readonly<Record<string, string>>;

const STANDARD_TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

const validateType = (type: string, field: string, report: Report): void => {
  const errors = qualifiedNameErrors(type);
  report.invalidEach(field, type, errors);
  if (errors.length === 0 && !type.includes('/') && !STANDARD_TYPES.includes(type)) {
    report.invalid(field, type, 'must be a standard limit type or fully qualified');
  }
};

const validateItem = (item: LimitRangeItem, field: string, report: Report): void => {
  const isPod = item.type === 'Pod';
  const validateName = isPod || item.type === 'Container' ? validateContainerResourceName : validateResourceName;
  for (const name of ['default', 'defaultRequest'] as const) {
    if (isPod && Object.keys(item[name] ?? {}).length > 0)
      report.forbidden(`${field}.${name}`, "may not be specified when `type` is 'Pod'");
  }
  const { default: _default, defaultRequest: _request, ...podItem } = item;
  const counted: LimitRangeItem = isPod ? podItem : item;
  for (const list of LISTS) for (const key of Object.keys(counted[list] ?? {})) validateName(key, `${field}.${list}[${key}]`, report);
  if (item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
    report.required(`${field}.limits`, 'either minimum or maximum storage value is required, but neither was provided');
  }
  const keys = new Set(LISTS.flatMap((list) => Object.keys(counted[list] ?? {})));
  for (const key of keys) validateResource(counted, key, field, report);
};

/** The bounds of one resource among each other. */
const validateResource = (item: LimitRangeItem, key: string, field: string, report: Report): void => {
  const [min, max, limit, request, ratio] = [item.min, item.max, item.default, item.defaultRequest, item.maxLimitRequestRatio].map(
    (list: List | undefined) => list?.[key],
  );
  const above = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  const invalid = (list: string, value: string | undefined, detail: string): void =>
    report.invalid(`${field}.${list}[${key}]`, show(value), detail);
  if (above(min, max)) invalid('min', min, `min value ${show(min)} is greater than max value ${show(max)}`);
  if (above(min, request))
    invalid('defaultRequest', request, `min value ${show(min)} is greater than default request value ${show(request)}`);
  if (above(request, max))
    invalid('defaultRequest', request, `default request value ${show(request)} is greater than max value ${show(max)}`);
  if (above(request, limit)) {
    invalid('defaultRequest', request, `default request value ${show(request)} is greater than default limit value ${show(limit)}`);
  }
  if (above(min, limit)) invalid('default', min, `min value ${show(min)} is greater than default value ${show(limit)}`);
  if (above(limit, max)) invalid('default', max, `default value ${show(limit)} is greater than max value ${show(max)}`);
  if (ratio !== undefined && compareQuantities(ratio, '1') < 0)
    invalid('maxLimitRequestRatio', ratio, `ratio ${show(ratio)} is less than 1`);
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const highest = highestRatio(ratio, min, max);
    if (highest !== undefined) invalid('maxLimitRequestRatio', ratio, `ratio ${show(ratio)} is greater than max/min = ${highest}`);
  }
  if (!isOvercommitAllowed(key) && limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0) {
    invalid('defaultRequest', request, `default value ${show(limit)} must equal to defaultRequest value ${show(request)} in ${key}`);
  }
};

const show = (quantity: string | undefined): string => formatQuantity(quantity ?? '0');

/** Above it thousandths do not fit in 64 bits. */
const MAX_MILLI_VALUE = (2n ** 63n - 1n) / 1000n;

/** As Go prints a float with %f. */
const printFloat = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
};

/** The highest ratio that minimum and maximum allow, printed, if the ratio is above it. */
const highestRatio = (ratio: string, min: string, max: string): string | undefined => {
  const values = [ratio, min, max].map((quantity) => quantityValue(quantity));
  const isSmall = values.every((value) => value < MAX_MILLI_VALUE);
  const [wanted = 0, low = 0, high = 0] = isSmall
    ? [Number(quantityMilliValue(ratio)) / 1000, Number(quantityMilliValue(min)), Number(quantityMilliValue(max))]
    : values.map(Number);
  return wanted > high / low ? printFloat(high / low) : undefined;
};

const validate = ({ spec }: LimitRange, report: Report): void => {
  const types = new Set<string>();
  for (const [i, item] of (spec?.limits ?? []).entries()) {
    const type = item.type ?? '';
    validateType(type, `spec.limits[${i}].type`, report);
    if (types.has(type)) report.duplicate(`spec.limits[${i}].type`, type);
    types.add(type);
    validateItem(item, `spec.limits[${i}]`, report);
  }
};

export const limitRangeRules: KindRules<LimitRange> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  checksMetadataUpdate: false,
  fillDefaults: ({ spec }) => {
    for (const item of spec?.limits ?? []) {
      if (item.type === 'Container') {
        item.default = { ...item.max, ...item.default };
        item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
      }
      for (const list of LISTS) roundList(item[list]);
    }
  },
  validate,
  validateUpdate: (object, _old, report) => validate(object, report),
};
