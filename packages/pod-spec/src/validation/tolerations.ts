import type { Toleration } from '../gen/pod-types.js';
import { labelValueErrors } from './grammar.js';
import { validateLabelName } from './labels.js';
import type { Report } from './report.js';

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export const validateTolerations = (tolerations: readonly Toleration[], field: string, report: Report): void => {
  for (const [i, toleration] of tolerations.entries()) validateToleration(toleration, `${field}[${i}]`, report);
};

const validateToleration = (toleration: Toleration, field: string, report: Report): void => {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
  if (key !== '') validateLabelName(key, `${field}.key`, report);
  else if (operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    report.invalid(`${field}.operator`, operator, detail);
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    report.invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  validateOperator(operator, value, `${field}.operator`, report);
  if (effect !== '' && !TAINT_EFFECTS.includes(effect)) report.notSupported(`${field}.effect`, effect, TAINT_EFFECTS);
};

/** `Lt` and `Gt` are refused (the gate TaintTolerationComparisonOperators is off), though the list that comes with the refusal names them. */
const validateOperator = (operator: string, value: string, field: string, report: Report): void => {
  if (operator === '' || operator === 'Equal') {
    const errors = labelValueErrors(value);
    if (errors.length > 0) report.invalid(field, value, errors.join(';'));
  } else if (operator === 'Exists') {
    if (value !== '') report.invalid(field, value, "value must be empty when `operator` is 'Exists'");
  } else if (operator === 'Lt' || operator === 'Gt') {
    report.notSupported(field, operator, ['Equal', 'Exists', 'Lt', 'Gt']);
  } else report.notSupported(field, operator, ['Equal', 'Exists']);
};
