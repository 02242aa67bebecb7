import { descriptions, knownValues, mixins } from '../gen/descriptions.js';
import { PodSpecError } from '../pod-spec-error.js';
import { type FieldSchema, type StructSchema, structSchema } from '../schema/field-schema.js';
import { nearestName } from '../schema/nearest-name.js';

/** What the API says about one field. */
export interface FieldSummary {
  readonly name: string;
  /** E.g. `string`, `[]Container`, `map[string]Quantity`. */
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  /** The value that counts if there is none; undefined if there is no such. */
  readonly default: string | undefined;
  /** The words that the field knows; empty if any will do. */
  readonly values: readonly string[];
}

/** The same about the field asked for, and what is inside. */
export interface FieldExplanation extends FieldSummary {
  /** From `pod`. */
  readonly path: string;
  /** Of a structure; empty for anything else. */
  readonly fields: readonly FieldSummary[];
}

/** Words about a field, wherever its structure has it from. */
const wordsOf = (type: string, field: string): readonly string[] => {
  const own = descriptions[type]?.[field];
  if (own !== undefined) return own;
  for (const mixin of mixins[type] ?? []) {
    const words = wordsOf(mixin, field);
    if (words.length > 0) return words;
  }
  return [];
};

const typeName = ({ container, base }: FieldSchema): string =>
  container === 'list' ? `[]${base}` : container === 'map' ? `map[string]${base}` : base;

/** Everything the table says about one field of a structure. */
export const describeField = (struct: StructSchema, field: FieldSchema): FieldSummary => {
  const [description = '', fallback = '', enumName = ''] = wordsOf(struct.name, field.name);
  return {
    name: field.name,
    type: typeName(field),
    required: !field.optional && !field.pointer,
    description: description === '' ? structDescription(field) : description,
    default: fallback === '' ? undefined : fallback,
    values: knownValues[enumName] ?? [],
  };
};

const structDescription = ({ base }: FieldSchema): string => descriptions[base]?.['']?.[0] ?? '';

const fieldsOf = (struct: StructSchema | undefined): readonly FieldSummary[] =>
  struct === undefined ? [] : struct.fields.map((field) => describeField(struct, field));

/**
 * Explains a field by its path, e.g. `pod.spec.containers.livenessProbe` or `spec.containers[0].ports`; indexes do not matter.
 *
 * @throws PodSpecError `POD_SPEC_FIELD_UNKNOWN` if there is no such field, with the nearest name as a hint.
 */
export const explainField = (path: string): FieldExplanation => {
  const steps = path
    .replace(/\[[^\]]*\]/g, '')
    .split('.')
    .filter(Boolean);
  if (steps[0]?.toLowerCase() === 'pod' || steps[0]?.toLowerCase() === 'pods') steps.shift();
  const root = structSchema('Pod');
  let struct: StructSchema | undefined = root;
  const walked = ['pod'];
  let explanation: FieldExplanation = {
    name: 'pod',
    path: 'pod',
    type: 'Pod',
    required: true,
    description: descriptions['Pod']?.['']?.[0] ?? '',
    default: undefined,
    values: [],
    fields: fieldsOf(root),
  };
  for (const step of steps) {
    const field: FieldSchema | undefined = struct?.byName.get(step);
    if (struct === undefined || field === undefined) {
      const near = nearestName(step, struct?.byName.keys() ?? []);
      throw new PodSpecError({
        code: 'POD_SPEC_FIELD_UNKNOWN',
        message: `${walked.join('.')} has no field ${step}`,
        ...(near !== undefined && { hint: `did you mean ${near}?` }),
      });
    }
    walked.push(step);
    explanation = { path: walked.join('.'), ...describeField(struct, field), fields: fieldsOf(field.struct) };
    struct = field.struct;
  }
  return explanation;
};
