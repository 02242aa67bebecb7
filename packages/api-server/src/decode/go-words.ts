import type { DecodeFinding, ManifestNode } from '@solo-kubelet/pod-spec/schema';
import type { FieldSchema, StructSchema } from '../schema/server-schema.js';
import { goPathTo, goTextType } from './go-types.js';

/** Our names of structures whose Go name is taken by another group's. */
const GO_NAMES: Readonly<Record<string, string>> = { NewEvent: 'Event', NewEventSeries: 'EventSeries', CoreEndpointPort: 'EndpointPort' };

export const goStructName = (name: string): string => GO_NAMES[name] ?? name;

interface Place {
  readonly struct: string;
  /** Names of fields from the top, without indexes and keys. */
  readonly names: readonly string[];
  readonly field: FieldSchema | undefined;
  readonly node: ManifestNode;
  /** An item of a list or a map, and not the whole of it. */
  readonly isItem: boolean;
}

/** Finds the place of a finding again by going down the same way as the decoder. */
const placeOf = (type: StructSchema, root: ManifestNode, wanted: string): Place | undefined => {
  const inStruct = (struct: StructSchema, node: ManifestNode, at: string, names: readonly string[]): Place | undefined => {
    if (node.kind !== 'map') return undefined;
    for (const { key, value } of node.entries) {
      const path = at === '' ? key : `${at}.${key}`;
      const field = struct.byName.get(key);
      if (field === undefined || !wanted.startsWith(path)) continue;
      const found = inField(field, value, path, [...names, ...goPathTo(struct.name, key)], struct);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const inField = (
    field: FieldSchema,
    node: ManifestNode,
    path: string,
    names: readonly string[],
    struct: StructSchema,
  ): Place | undefined => {
    if (path === wanted) return { struct: struct.name, names, field, node, isItem: false };
    const items: readonly (readonly [string, ManifestNode])[] =
      field.container === 'list' && node.kind === 'list'
        ? node.items.map((item, i) => [`${path}[${i}]`, item] as const)
        : field.container === 'map' && node.kind === 'map'
          ? node.entries.map(({ key, value }) => [`${path}[${key}]`, value] as const)
          : field.container === ''
            ? [[path, node]]
            : [];
    for (const [itemPath, item] of items) {
      if (!wanted.startsWith(itemPath)) continue;
      if (itemPath === wanted && field.container !== '') return { struct: struct.name, names, field, node: item, isItem: true };
      const found = field.struct === undefined ? undefined : inStruct(field.struct, item, itemPath, names);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return inStruct(type, root, '', []);
};

const jsonType = (node: ManifestNode): string => {
  if (node.kind === 'map') return 'object';
  if (node.kind === 'list') return 'array';
  return node.type === 'boolean' ? 'bool' : node.type;
};

const baseType = ({ name, base, struct }: FieldSchema, around: string): string => {
  if (struct !== undefined) return `v1.${goStructName(struct.name)}`;
  if (base === 'Bytes') return '[]uint8';
  if (base === 'Quantity') return 'resource.Quantity';
  if (base === 'Time' || base === 'MicroTime') return 'string';
  if (base === 'IntOrString') return 'int32';
  return goTextType(goStructName(around), name) ?? base;
};

const goType = (field: FieldSchema, isItem: boolean, around: string): string => {
  const base = baseType(field, around);
  if (isItem || field.container === '') return base;
  if (field.container === 'list') return `[]${base}`;
  return field.base === 'Quantity' ? 'v1.ResourceList' : `map[string]${base}`;
};

const isWhole = (text: string): boolean => /^-?\d+$/.test(text);

/** What Go's JSON decoder says of a value of the wrong type. */
export const typeErrorWords = (finding: DecodeFinding, type: StructSchema, root: ManifestNode): string => {
  if (finding.field === '') return `json: cannot unmarshal ${jsonType(root)} into Go value of type v1.${goStructName(type.name)}`;
  const place = placeOf(type, root, finding.field);
  if (place?.field === undefined) return finding.message;
  const { node, field, isItem } = place;
  const odd =
    field.base === 'Bytes' && (isItem || field.container === '') && node.kind === 'list' ? node.items.find(isNoNumber) : undefined;
  if (odd !== undefined) {
    return `json: cannot unmarshal ${jsonType(odd)} into Go struct field ${goStructName(place.struct)}.${place.names.join('.')} of type uint8`;
  }
  const isInt = (field.base === 'int32' || field.base === 'int64') && (isItem || field.container === '');
  const literal = isInt && node.kind === 'scalar' && node.type === 'number' ? ` ${node.value}` : '';
  const shown = isInt && literal !== '' && isWhole(literal.trim()) ? literal : literal;
  return `json: cannot unmarshal ${jsonType(node)}${shown} into Go struct field ${goStructName(place.struct)}.${place.names.join('.')} of type ${goType(field, isItem, place.struct)}`;
};

/** Bytes may be a list of numbers too. */
const isNoNumber = (node: ManifestNode): boolean => node.kind !== 'scalar' || (node.type !== 'number' && node.type !== 'null');

const BASE64 = /^[A-Za-z0-9+/]$/;
const isBreak = (character: string | undefined): boolean => character === '\n' || character === '\r';

/** Where Go's decoder of base64 stops (decodeQuantum): the place of a strange character, or that of the group of four that is not whole. */
const base64Problem = (text: string): number => {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  let at = 0;
  const skipBreaks = (): void => {
    while (isBreak(bytes[at])) at += 1;
  };
  while (at < bytes.length) {
    for (let place = 0; place < 4; ) {
      if (at === bytes.length) return place === 0 ? at : at - place;
      const character = bytes[at]!;
      at += 1;
      if (isBreak(character)) continue;
      if (BASE64.test(character)) {
        place += 1;
        continue;
      }
      if (character !== '=' || place < 2) return at - 1;
      skipBreaks();
      if (place === 2) {
        if (at === bytes.length) return at;
        if (bytes[at] !== '=') return at - 1;
        at += 1;
        skipBreaks();
      }
      return at;
    }
  }
  return at;
};

/** What Go says of a text that is no base64. */
export const base64Words = ({ field }: DecodeFinding, type: StructSchema, root: ManifestNode): string => {
  const node = placeOf(type, root, field)?.node;
  const text = node?.kind === 'scalar' && node.type === 'string' ? node.value : '';
  return `illegal base64 data at input byte ${base64Problem(text)}`;
};

/** What Go says of a text that is no time. */
export const timeWords = (text: string, layout: string): string => {
  const shown = JSON.stringify(text);
  const year = /^\d{4}/.exec(text);
  if (year === null) return `parsing time ${shown} as ${JSON.stringify(layout)}: cannot parse ${shown} as "2006"`;
  const rest = text.slice(4);
  const steps: readonly (readonly [RegExp, string])[] = [
    [/^-/, '-'],
    [/^\d{2}/, '01'],
    [/^-/, '-'],
    [/^\d{2}/, '02'],
    [/^T/, 'T'],
    [/^\d{1,2}/, '15'],
    [/^:/, ':'],
    [/^\d{2}/, '04'],
    [/^:/, ':'],
    [/^\d{2}/, '05'],
    ...(layout.includes('.') ? ([[/^[.,]\d{6}/, '.000000']] as const) : []),
    [/^(?:Z|[+-]\d{2}:\d{2})/, 'Z07:00'],
  ];
  let left = rest;
  for (const [form, element] of steps) {
    if (element !== '.000000' && element === 'Z07:00' && !layout.includes('.')) left = left.replace(/^[.,]\d+/, '');
    const match = form.exec(left);
    if (match === null)
      return `parsing time ${shown} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(left)} as ${JSON.stringify(element)}`;
    left = left.slice(match[0].length);
  }
  return left === '' ? `parsing time ${shown}: out of range` : `parsing time ${shown}: extra text: ${JSON.stringify(left)}`;
};
