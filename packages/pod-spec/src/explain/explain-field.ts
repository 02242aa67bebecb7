import { nearestName } from '@solo-kubelet/diagnostics/text';
import { descriptions, knownValues, mixins } from '../gen/descriptions.js';
import { splitPath } from '../parse/source-map.js';
import { PodSpecError } from '../pod-spec-error.js';
import { fieldGates } from '../schema/field-gates.js';
import { type ApiSchema, createApiSchema, type FieldSchema, type StructSchema } from '../schema/field-schema.js';

/** What the API says about one field. */
export interface FieldSummary {
  readonly name: string;
  /** E.g. `string`, `[]Container`, `map[string]Quantity`. */
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  /** The value that counts if there is none; undefined if there is no such. */
  readonly default: string | undefined;
  /** The feature gate without which there is no such field, and the first release with it; undefined if there always is. */
  readonly gate: { readonly name: string; readonly since: string } | undefined;
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

/** What the tables say: the structures, and the words about them. */
export interface Glossary {
  readonly schema: ApiSchema;
  /** By type and field (the empty name: the type itself): meaning, default, name of the enum. */
  readonly descriptions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly mixins: Readonly<Record<string, readonly string[]>>;
  readonly knownValues: Readonly<Record<string, readonly string[]>>;
}

/** Words about a field, wherever its structure has it from. */
const wordsOf = (glossary: Glossary, type: string, field: string): readonly string[] => {
  const own = glossary.descriptions[type]?.[field];
  if (own !== undefined) return own;
  for (const mixin of glossary.mixins[type] ?? []) {
    const words = wordsOf(glossary, mixin, field);
    if (words.length > 0) return words;
  }
  return [];
};

const typeName = ({ container, base }: FieldSchema): string =>
  container === 'list' ? `[]${base}` : container === 'map' ? `map[string]${base}` : base;

const gateOf = ({ gate }: FieldSchema): FieldSummary['gate'] => {
  const since = Object.hasOwn(fieldGates, gate) ? fieldGates[gate]?.since : undefined;
  return since === undefined ? undefined : { name: gate, since };
};

/** Everything a glossary says about one field of a structure. */
export const describeFieldBy = (glossary: Glossary, struct: StructSchema, field: FieldSchema): FieldSummary => {
  const [description = '', fallback = '', enumName = ''] = wordsOf(glossary, struct.name, field.name);
  return {
    name: field.name,
    type: typeName(field),
    required: !field.optional && !field.pointer,
    description: description === '' ? (glossary.descriptions[field.base]?.['']?.[0] ?? '') : description,
    default: fallback === '' ? undefined : fallback,
    gate: gateOf(field),
    values: glossary.knownValues[enumName] ?? [],
  };
};

/** Everything the table says about one field of a structure of a Pod. */
export const describeField = (struct: StructSchema, field: FieldSchema): FieldSummary => describeFieldBy(podGlossary, struct, field);

/** The words about Pods. */
export const podGlossary: Glossary = { schema: createApiSchema(), descriptions, mixins, knownValues };

/** Follows a path through a structure; `walked` is what the structure itself is called. */
export const explainFrom = (glossary: Glossary, typeOfRoot: string, walked: string, steps: readonly string[]): FieldExplanation => {
  const fieldsOf = (struct: StructSchema | undefined): readonly FieldSummary[] =>
    struct === undefined ? [] : struct.fields.map((field) => describeFieldBy(glossary, struct, field));
  const root = glossary.schema.struct(typeOfRoot);
  let struct: StructSchema | undefined = root;
  const path = [walked];
  let explanation: FieldExplanation = {
    name: walked,
    path: walked,
    type: typeOfRoot,
    required: true,
    description: glossary.descriptions[typeOfRoot]?.['']?.[0] ?? '',
    default: undefined,
    gate: undefined,
    values: [],
    fields: fieldsOf(root),
  };
  let mapField: FieldSchema | undefined;
  for (const step of steps) {
    if (mapField !== undefined) {
      // Any key will do; below it is what the map holds.
      path.push(step);
      const { name: _map, ...rest } = describeFieldBy(glossary, struct ?? root, { ...mapField, container: '' });
      explanation = {
        ...rest,
        name: step,
        path: path.join('.'),
        description: explanation.description,
        fields: fieldsOf(mapField.struct),
      };
      struct = mapField.struct;
      mapField = undefined;
      continue;
    }
    const field: FieldSchema | undefined = struct?.byName.get(step);
    if (struct === undefined || field === undefined) {
      const near = nearestName(step, struct?.byName.keys() ?? []);
      throw new PodSpecError({
        code: 'POD_SPEC_FIELD_UNKNOWN',
        message: `${path.join('.')} has no field ${step}`,
        ...(near !== undefined && { hint: `did you mean ${near}?` }),
      });
    }
    path.push(step);
    explanation = { path: path.join('.'), ...describeFieldBy(glossary, struct, field), fields: fieldsOf(field.struct) };
    mapField = field.container === 'map' ? field : undefined;
    struct = field.struct;
  }
  return explanation;
};

/** The steps of a path; indexes do not matter. A key of a map may stand in brackets. */
export const fieldSteps = (path: string): readonly string[] => splitPath(path.replace(/\[\d*\]/g, '')).map(({ text }) => text);

/**
 * Explains a field by its path, e.g. `pod.spec.containers.livenessProbe` or `spec.containers[0].ports`; indexes do not matter. A key of
 * a map may stand in brackets, which it must when it has dots: `metadata.labels[app.kubernetes.io/name]`, `spec.containers.resources.limits.cpu`.
 *
 * @throws PodSpecError `POD_SPEC_FIELD_UNKNOWN` if there is no such field, with the nearest name as a hint.
 */
export const explainField = (path: string): FieldExplanation => {
  const [first = '', ...rest] = fieldSteps(path);
  const isPod = ['pod', 'pods', 'po'].includes(first.toLowerCase());
  return explainFrom(podGlossary, 'Pod', 'pod', isPod || first === '' ? rest : [first, ...rest]);
};
