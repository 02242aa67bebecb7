/**
 * Reads pod.schema, the table of every Pod field, and objects.schema, that of the other kinds.
 *
 *   enum NAME VALUE …              the words a string field knows ("" is the empty word)
 *   NAME [| doc]                   a type
 *     ...OTHER                     has all fields of OTHER
 *     FIELD[?] TYPE [@GATE] [= DEFAULT] [| doc]   GATE: without this feature gate there is no such field
 *
 * `?` = left out of JSON when empty (Go's omitempty). TYPE = `*`pointer, `[]` list, `{}` map from string, over string, bool, int32, int64,
 * Quantity, Time, IntOrString, RawObject, Bytes, an enum or a type of the table.
 */
const typeLine = /^(\w+)(?: \| (.*))?$/;
const enumLine = /^enum (\w+) (.*)$/;
const mixinLine = /^ {2}\.\.\.(\w+)$/;
const fieldLine = /^ {2}([\w]+)(\??) (\*?)(\w+)(\[\]|\{\})?(?: @(\w+))?(?: = ((?:[^|]|\|(?! ))+?))?(?: \| (.*))?$/;

/** `base`: a table whose enums and types this one may use. */
export const readTable = (text, base = { enums: {}, types: {} }) => {
  const enums = {};
  const types = {};
  let type;
  text.split('\n').forEach((line, index) => {
    if (line === '' || line.startsWith('#')) return;
    let match = enumLine.exec(line);
    if (match) {
      enums[match[1]] = match[2].split(' ').map((word) => (word === '""' ? '' : word));
      return;
    }
    match = typeLine.exec(line);
    if (match) {
      type = { name: match[1], doc: match[2] ?? '', mixins: [], fields: [] };
      types[type.name] = type;
      return;
    }
    match = mixinLine.exec(line);
    if (match) {
      type.mixins.push(match[1]);
      return;
    }
    match = fieldLine.exec(line);
    if (!match) throw new Error(`line ${index + 1}: not understood: ${line}`);
    const [, name, optional, pointer, base, container, gate, fallback, doc] = match;
    type.fields.push({
      name,
      optional: optional === '?',
      pointer: pointer === '*',
      base,
      container: container ?? '',
      gate: gate ?? '',
      fallback,
      doc: doc ?? '',
    });
  });
  for (const { name, mixins, fields } of Object.values(types)) {
    for (const mixin of mixins) if (!types[mixin]) throw new Error(`${name}: no type ${mixin}`);
    for (const field of fields) {
      const known = [scalars, enums, types, base.enums, base.types].some((names) => names[field.base] !== undefined);
      if (!known) throw new Error(`${name}.${field.name}: no type ${field.base}`);
    }
  }
  return { enums, types, base };
};

/** Base types that are neither enums nor structures, as TypeScript. */
export const scalars = {
  string: 'string',
  bool: 'boolean',
  int32: 'number',
  int64: 'Int64',
  Quantity: 'Quantity',
  Time: 'string',
  IntOrString: 'IntOrString',
  RawObject: 'Readonly<Record<string, unknown>>',
  Bytes: 'string',
};

/** The fields of a type, those of its mixins included, in their order. */
export const allFields = (table, name) => [
  ...table.types[name].mixins.flatMap((mixin) => allFields(table, mixin)),
  ...table.types[name].fields,
];
