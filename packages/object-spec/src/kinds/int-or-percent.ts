import type { IntOrString } from '@solo-kubelet/pod-spec';
import { percentErrors, type Report } from '@solo-kubelet/pod-spec/schema';

const NOT_NEGATIVE = 'must be greater than or equal to 0';

export const validateNotNegative = (value: number | bigint | undefined, field: string, report: Report): void => {
  if (value !== undefined && value < 0) report.invalid(field, value, NOT_NEGATIVE);
};

/** A number that is not negative, or a percentage. */
export const validateIntOrPercent = (value: IntOrString, field: string, report: Report): void => {
  if (typeof value === 'string') report.invalidEach(field, value, percentErrors(value));
  else validateNotNegative(value, field, report);
};

const isPercent = (value: IntOrString): value is string => typeof value === 'string' && percentErrors(value).length === 0;

/** The number before the percent sign, or the number itself; text that is neither counts as 0. */
export const intOrPercentValue = (value: IntOrString): number => {
  if (typeof value === 'number') return value;
  if (isPercent(value)) return Number(value.slice(0, -1));
  return /^[-+]?\d+$/.test(value) ? Number(value) : 0;
};

export const validateAtMostAll = (value: IntOrString, field: string, report: Report): void => {
  if (isPercent(value) && intOrPercentValue(value) > 100) report.invalid(field, value, 'must not be greater than 100%');
};
