import { nearestName } from '@solo-kubelet/diagnostics/text';
import { type FeatureGates, gateHint, isFieldEnabled } from '../schema/field-gates.js';
import { type FieldSchema, type StructSchema, structSchema } from '../schema/field-schema.js';
import type { ManifestNode } from './node.js';

/** What to do about a value of the wrong kind; `whole` where a list or a map was expected, not one of its items. Empty if there is nothing to say. */
export const mismatchHint = (field: FieldSchema, node: ManifestNode, whole: boolean): string => {
  if (whole) return field.container === 'list' ? 'a list: start each item with "- "' : '';
  if (field.struct !== undefined) return `write its fields: ${fieldNames(field.struct)}`;
  if (field.base === 'string') {
    if (node.kind === 'map') return 'a text that holds ": " must be in quotes';
    return node.kind === 'scalar' && (node.type === 'boolean' || node.type === 'number') ? 'put it in quotes' : '';
  }
  if (node.kind !== 'scalar' || node.type !== 'string') return '';
  if (field.base === 'bool') return /^(?:true|false|yes|no|on|off)$/i.test(node.value) ? 'leave out the quotes' : '';
  if (field.base !== 'int32' && field.base !== 'int64') return '';
  if (/^[-+]?\d+$/.test(node.value)) return 'leave out the quotes';
  return /^\d+(?:ms|s|m|h)$/.test(node.value) ? 'a number alone, without a unit' : '';
};

/** The value as it should be written; undefined where that is not for us to say. */
export const mismatchFix = (field: FieldSchema, node: ManifestNode, whole: boolean): string | undefined => {
  if (whole || node.kind !== 'scalar' || field.struct !== undefined) return undefined;
  if (field.base === 'string') {
    return node.type === 'boolean' || node.type === 'number' ? JSON.stringify(String(node.value)) : undefined;
  }
  if (node.type !== 'string') return undefined;
  if (field.base === 'bool' && /^(?:true|false|yes|no|on|off)$/i.test(node.value)) {
    return String(/^(?:true|yes|on)$/i.test(node.value));
  }
  return (field.base === 'int32' || field.base === 'int64') && /^[-+]?\d+$/.test(node.value) ? node.value.replace('+', '') : undefined;
};

const fieldNames = ({ fields }: StructSchema): string => {
  const names = fields.slice(0, 4).map(({ name }) => name);
  return fields.length > names.length ? `${names.join(', ')}, …` : names.join(', ');
};

/** Levels of a Pod between which fields get lost, and what they are called. */
const LEVELS = [
  ['PodSpec', 'spec'],
  ['ObjectMeta', 'metadata'],
  ['Container', 'a container'],
] as const;

/** Where a field that is unknown here belongs, or what it should be called; empty if nobody knows. */
export const unknownFieldHint = (type: StructSchema, name: string, gates: FeatureGates): string => {
  const gated = gateHint(type.byName.get(name));
  if (gated !== '') return gated;
  if (type.name === 'ResourceRequirements' && (name === 'cpu' || name === 'memory')) return 'put it under limits or requests';
  if (type.name === 'Pod' || LEVELS.some(([level]) => level === type.name)) {
    const home = LEVELS.find(([level]) => level !== type.name && structSchema(level).byName.has(name));
    if (home !== undefined) return `it is a field of ${home[1]}`;
  }
  const known = type.fields.filter((field) => isFieldEnabled(field, gates)).map((field) => field.name);
  const near = nearestName(name, known);
  return near === undefined ? '' : `did you mean ${near}?`;
};
