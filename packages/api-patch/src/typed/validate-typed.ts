import { fieldElement, type PathElement, showElement } from '../fields/path-element.js';
import { goPrint, goTypeName } from '../json/go-print.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import type { ListType, MapType, ScalarType, ValueType } from '../schema/schema-types.js';
import { itemElement, resolveType, typeUnder } from './list-keys.js';

interface TypeFault {
  readonly path: string;
  readonly message: string;
}

const fault = (message: string): readonly TypeFault[] => [{ path: '', message }];

const under = (element: PathElement | { readonly text: string }, faults: readonly TypeFault[]): readonly TypeFault[] => {
  if (faults.length === 0) return faults;
  const prefix = 'type' in element ? showElement(element) : element.text;
  return faults.map(({ path, message }) => ({ path: `${prefix}${path}`, message }));
};

/** Upstream prints the Go value that holds it. */
const goSyntax = (value: JsonValue): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (!isObject(value)) return String(value);
  const map = value as JsonObject;
  return `map[string]interface {}{${Object.keys(map)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${goSyntax(map[key] as JsonValue)}`)
    .join(', ')}}`;
};

const scalarFaults = ({ scalar }: ScalarType, value: JsonValue): readonly TypeFault[] => {
  if (value === null) return [];
  if (scalar === 'number' && typeof value !== 'number' && typeof value !== 'bigint')
    return fault(`expected numeric (int or float), got ${goTypeName(value)}`);
  if (scalar === 'string' && typeof value !== 'string')
    return fault(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
  if (scalar === 'boolean' && typeof value !== 'boolean') return fault(`expected boolean, got &{${goPrint(value)}}`);
  return typeof value === 'object' ? fault(`expected any scalar, got &{${goPrint(value)}}`) : [];
};

const listFaults = (type: ListType, value: JsonValue, allowDuplicates: boolean): readonly TypeFault[] => {
  if (value === null) return [];
  if (!Array.isArray(value)) return fault(`expected list, got &{${goPrint(value)}}`);
  const faults: TypeFault[] = [];
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const element = type.relation === 'atomic' ? { text: `[${index}]` } : itemElement(type, item);
    if (typeof element === 'string') return [...faults, ...fault(`element ${index}: ${element}`)];
    if ('type' in element) {
      if (seen.has(element.text) && !allowDuplicates) faults.push(...fault(`duplicate entries for key ${showElement(element)}`));
      seen.add(element.text);
    }
    faults.push(...under(element, typeFaults(type.element, item, allowDuplicates)));
  }
  return faults;
};

const mapFaults = (type: MapType, value: JsonValue, allowDuplicates: boolean): readonly TypeFault[] => {
  if (value === null) return [];
  if (!isObject(value)) return fault(`expected map, got &{${goPrint(value)}}`);
  const faults: TypeFault[] = [];
  for (const [key, item] of Object.entries(value as JsonObject)) {
    const itemType = typeUnder(type, key);
    if (itemType === undefined) return [...faults, ...under(fieldElement(key), fault('field not declared in schema'))];
    faults.push(...under(fieldElement(key), typeFaults(itemType, item, allowDuplicates)));
  }
  return faults;
};

function typeFaults(type: ValueType, value: JsonValue, allowDuplicates: boolean): readonly TypeFault[] {
  const resolved = resolveType(type, value);
  if (resolved.type === 'scalar') return scalarFaults(resolved, value);
  return resolved.type === 'list' ? listFaults(resolved, value, allowDuplicates) : mapFaults(resolved, value, allowDuplicates);
}

/** What in an object is not as its type wants it, in upstream's words; empty if nothing. */
export const typeError = (type: ValueType, value: JsonValue, { allowDuplicates = false } = {}): string => {
  const texts = typeFaults(type, value, allowDuplicates).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return texts.length > 1 ? ['errors:', ...texts.map((text) => `  ${text}`)].join('\n') : (texts[0] ?? '');
};
