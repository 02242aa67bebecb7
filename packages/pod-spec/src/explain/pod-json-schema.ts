import type { FieldSchema } from '../schema/field-schema.js';
import { describeFieldBy, type Glossary, podGlossary } from './explain-field.js';

/** A JSON Schema, or a part of one. */
export type Schema = Record<string, unknown>;

const scalars: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', minimum: -2147483648, maximum: 2147483647 },
  int64: { type: 'integer' },
  Quantity: { type: ['string', 'number'], pattern: '^\\s*[+-]?[0-9.]+([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?\\s*$' },
  Time: { type: 'string', format: 'date-time' },
  IntOrString: { type: ['integer', 'string'] },
  RawObject: { type: 'object' },
  Bytes: { type: 'string', contentEncoding: 'base64' },
};

const valueSchema = ({ base }: FieldSchema, values: readonly string[]): Schema => {
  if (values.length > 0) return { type: 'string', enum: values };
  return scalars[base] ?? { $ref: `#/definitions/${base}` };
};

const scalarDefault = (field: FieldSchema, text: string): unknown => {
  if (field.container !== '' || field.struct !== undefined) return undefined;
  if (field.base === 'string' || field.base === 'Quantity') return text === '""' ? '' : text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The definition of one structure. */
export const structDefinition = (glossary: Glossary, name: string): Schema => {
  const struct = glossary.schema.struct(name);
  const properties: Schema = {};
  const required: string[] = [];
  for (const field of struct.fields) {
    const words = describeFieldBy(glossary, struct, field);
    if (words.required) required.push(field.name);
    const value = valueSchema(field, words.values);
    const shape =
      field.container === 'list'
        ? { type: 'array', items: value }
        : field.container === 'map'
          ? { type: 'object', additionalProperties: value }
          : value;
    const fallback = words.default === undefined ? undefined : scalarDefault(field, words.default);
    const gated = words.gate && `Feature gate ${words.gate.name}, Kubernetes ${words.gate.since}; off unless featureGates turns it on.`;
    const description = [words.description, gated].filter(Boolean).join(' ');
    const notes = {
      ...(description !== '' && { description }),
      ...(fallback !== undefined && { default: fallback }),
    };
    // Beside $ref nothing else counts in draft 07.
    properties[field.name] = '$ref' in shape && Object.keys(notes).length > 0 ? { ...notes, allOf: [shape] } : { ...shape, ...notes };
  }
  const description = glossary.descriptions[name]?.['']?.[0] ?? '';
  return {
    type: 'object',
    ...(description !== '' && { description }),
    properties,
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  };
};

/** A JSON Schema (draft 07) of a Pod manifest, for editors: shape, names, words, defaults. The rules across fields are validatePod's. */
export const podJsonSchema = (): Schema => {
  const definitions: Schema = {};
  for (const name of podGlossary.schema.names())
    if (name !== 'PodList' && name !== 'ListMeta') definitions[name] = structDefinition(podGlossary, name);
  const pod = definitions['Pod'] as { properties: Schema };
  pod.properties['apiVersion'] = { const: 'v1' };
  pod.properties['kind'] = { const: 'Pod' };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Kubernetes 1.36 Pod',
    ...(definitions['Pod'] as Schema),
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    definitions,
  };
};
