import { schemaTable } from '../gen/schema-table.js';
import type { EmptyValue, FieldGates, FieldType, ListType, MapType, ScalarType, ValueType } from './schema-types.js';

/*
 * A line of the table is a name, a blank, `!` for an atomic struct, and fields `name:type` with what follows a type, joined by `;`:
 *   s n b u * Name      string, number, boolean, any scalar, anything, a struct
 *   {s}  !{s}           a map, an atomic map
 *   .Name               an atomic struct whose fields have owners of their own here
 *   [s]  [s|]  [T|a,b]  an atomic list, a set, a list whose items are told apart by fields
 *   ~X                  shown although empty: N null, O struct, S text, Z zero, F false, Q quantity
 *   +key                merged by a strategic merge patch
 *   % ^                 strategies retainKeys (which only says that the directive is useful) and replace
 *   =value              default as a key
 *   @Gate               there only while the feature gate is on
 * `={T}` in the place of fields is a type that is a map.
 */

const scalars: ReadonlyMap<string, ScalarType> = new Map([
  ['s', { type: 'scalar', scalar: 'string' }],
  ['n', { type: 'scalar', scalar: 'number' }],
  ['b', { type: 'scalar', scalar: 'boolean' }],
  ['u', { type: 'scalar', scalar: 'any' }],
]);

const empties: Readonly<Record<string, EmptyValue>> = { N: 'null', O: 'struct', S: 'text', Z: 'zero', F: 'false', Q: 'quantity' };

const bodies: ReadonlyMap<string, string> = new Map(
  schemaTable
    .trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
);

/** Types as they are where some feature gates are on; those that are off have no fields. */
const createReader = (isOn: (gate: string) => boolean): ((name: string) => MapType) => {
  const isThere = (field: string): boolean => {
    const gate = /@(\w+)$/.exec(field)?.[1];
    return gate === undefined || isOn(gate);
  };
  const read = new Map<string, MapType>();

  const readType = (text: string): ValueType => {
    const scalar = scalars.get(text);
    if (scalar !== undefined) return scalar;
    if (text === '*') return { type: 'any' };
    if (text.startsWith('[')) return readListType(text.slice(1, -1));
    if (text.startsWith('.')) return { ...structType(text.slice(1)), atomic: false };
    const atomic = text.startsWith('!');
    const rest = atomic ? text.slice(1) : text;
    if (rest.startsWith('{')) return { type: 'map', name: '', atomic, fields: new Map(), element: readType(rest.slice(1, -1)) };
    return atomic ? { ...structType(rest), atomic } : structType(rest);
  };

  const readListType = (text: string): ListType => {
    const bar = text.lastIndexOf('|');
    if (bar === -1 || text.lastIndexOf(']') > bar) return { type: 'list', element: readType(text), relation: 'atomic', keys: [] };
    const keys = text.slice(bar + 1);
    return {
      type: 'list',
      element: readType(text.slice(0, bar)),
      relation: keys === '' ? 'set' : 'map',
      keys: keys === '' ? [] : keys.split(',').sort(),
    };
  };

  const readDefault = (text: string): string | number | boolean => {
    if (text === 'true' || text === 'false') return text === 'true';
    return /^\d+$/.test(text) ? Number(text) : text;
  };

  const readField = (text: string): FieldType => {
    const parts =
      /^(?<type>[^~+%^=@]*)(?:~(?<empty>[A-Z]))?(?<merge>\+(?<key>[^%^=@]*))?%?(?<replaced>\^)?(?:=(?<keyDefault>[^@]*))?(?:@\w+)?$/.exec(
        text,
      )?.groups;
    if (parts === undefined) throw new Error(`the schema table has a field that cannot be read: ${text}`);
    const { type = '', empty = '', merge, key, replaced, keyDefault = empty === 'S' ? '' : undefined } = parts;
    const shown = empties[empty];
    return {
      type: readType(type),
      ...(shown === undefined ? {} : { empty: shown }),
      ...(merge === undefined || key === undefined ? {} : { mergeKey: key }),
      replaced: replaced !== undefined,
      ...(keyDefault === undefined ? {} : { keyDefault: readDefault(keyDefault) }),
    };
  };

  /** A struct whose fields are read when they are first asked for: no type is read that nobody uses, and types may contain themselves. */
  const structType = (name: string): MapType => {
    const known = read.get(name);
    if (known !== undefined) return known;
    const text = bodies.get(name);
    if (text === undefined) throw new Error(`the schema table has no type ${name}`);
    const type = text.startsWith('=') ? readNamedMap(name, text.slice(1)) : readStruct(name, text);
    read.set(name, type);
    return type;
  };

  const readNamedMap = (name: string, text: string): MapType => ({
    type: 'map',
    name,
    atomic: false,
    fields: new Map(),
    element: readType(text.slice(1, -1)),
  });

  const readStruct = (name: string, text: string): MapType => {
    const atomic = text.startsWith('!');
    let fields: ReadonlyMap<string, FieldType> | undefined;
    return {
      type: 'map',
      name,
      atomic,
      get fields() {
        fields ??= new Map(
          (atomic ? text.slice(1) : text)
            .split(';')
            .filter((field) => field !== '' && isThere(field))
            .map((field) => [field.slice(0, field.indexOf(':')), readField(field.slice(field.indexOf(':') + 1))]),
        );
        return fields;
      },
    };
  };

  return structType;
};

/** Whether the table has a type of this name. */
export const hasType = (name: string): boolean => bodies.has(name);

/** Every gate that the table names. */
const gatesOfFields: readonly string[] = [...new Set(Array.from(schemaTable.matchAll(/@(\w+)/g), ([, gate = '']) => gate))].sort();

const readers = new Map<string, (name: string) => MapType>();

/** A type of the table, which must have it, with the fields of the gates that are on; `all`: with every field. */
export const findStructType = (name: string, gates: FieldGates): MapType => {
  const on = gatesOfFields.filter((gate) => gates === 'all' || (Object.hasOwn(gates, gate) && gates[gate] === true));
  const key = on.join();
  const known = readers.get(key) ?? createReader((gate) => on.includes(gate));
  readers.set(key, known);
  return known(name);
};
