import { labelValueErrors, qualifiedNameErrors } from '@solo-kubelet/pod-spec';

/** How a requirement compares, as upstream's `selection.Operator` spells it (apimachinery/pkg/selection/operator.go). */
export type RequirementOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One condition on a set of labels; all of a selector's must hold. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: RequirementOperator;
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

export type RequirementResult =
  | { readonly ok: true; readonly requirement: LabelRequirement }
  /** What is wrong, in upstream's words. */
  | { readonly ok: false; readonly error: string };

/** Checks key, number of values and values as labels.NewRequirement does. */
export const createRequirement = (key: string, operator: RequirementOperator, values: readonly string[]): RequirementResult => {
  const keyErrors = qualifiedNameErrors(key);
  const errors = [
    ...(keyErrors.length === 0 ? [] : [invalid('key', key, keyErrors.join('; '))]),
    ...valueCountErrors(operator, values),
    ...values.flatMap((value, i) => {
      const valueErrors = labelValueErrors(value);
      return valueErrors.length === 0 ? [] : [invalid(`values[${i}][${key}]`, value, valueErrors.join('; '))];
    }),
  ];
  return errors.length === 0 ? { ok: true, requirement: { key, operator, values } } : { ok: false, error: joined(errors) };
};

export const invalid = (field: string, value: string | readonly string[], detail: string): string =>
  `${field}: Invalid value: ${JSON.stringify(value)}: ${detail}`;

/** Several errors as upstream's aggregate prints them. */
const joined = (errors: readonly string[]): string => {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`;
};

const valueCountErrors = (operator: RequirementOperator, values: readonly string[]): readonly string[] => {
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length > 0 ? [] : [invalid('values', values, "for 'in', 'notin' operators, values set can't be empty")];
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? [] : [invalid('values', values, 'exact-match compatibility requires one single value')];
    case 'exists':
    case '!':
      return values.length === 0 ? [] : [invalid('values', values, 'values set must be empty for exists and does not exist')];
    case 'gt':
    case 'lt':
      return [
        ...(values.length === 1 ? [] : [invalid('values', values, "for 'Gt', 'Lt' operators, exactly one value is required")]),
        ...values.flatMap((value, i) =>
          parseInt64(value) === undefined ? [invalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")] : [],
        ),
      ];
  }
};

const parseInt64 = (text: string): bigint | undefined => {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
};

const labelOf = (labels: Labels, key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);

export const matchesRequirement = ({ key, operator, values }: LabelRequirement, labels: Labels): boolean => {
  const value = labelOf(labels, key);
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const have = value === undefined ? undefined : parseInt64(value);
      const bound = values.length === 1 ? parseInt64(values[0]!) : undefined;
      if (have === undefined || bound === undefined) return false;
      return operator === 'gt' ? have > bound : have < bound;
    }
  }
};

export const formatRequirement = ({ key, operator, values }: LabelRequirement): string => {
  const list = [...values].sort().join(',');
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`;
    case 'gt':
      return `${key}>${list}`;
    case 'lt':
      return `${key}<${list}`;
    default:
      return `${key}${operator}${list}`;
  }
};
