import { schemaTable } from '../gen/schema-table.js';

/** One field of a structure of the API. */
export interface FieldSchema {
  readonly name: string;
  /** Left out of JSON when it is empty. */
  readonly optional: boolean;
  /** May be unset, which is not the same as empty. */
  readonly pointer: boolean;
  readonly container: '' | 'list' | 'map';
  /** The scalar kind, or the name of the structure. */
  readonly base: string;
  /** The feature gate without which there is no such field; empty if there always is. */
  readonly gate: string;
  /** The structure's fields; undefined for a scalar. */
  readonly struct: StructSchema | undefined;
}

export interface StructSchema {
  readonly name: string;
  readonly fields: readonly FieldSchema[];
  readonly byName: ReadonlyMap<string, FieldSchema>;
}

const fieldLine = /^ (\w+)(\??) (\*?)(\w+)(\[\]|\{\})?(?: @(\w+))?$/;

const readTable = (table: string): ReadonlyMap<string, StructSchema> => {
  const lines = new Map<string, string[]>();
  let own: string[] = [];
  for (const line of table.split('\n')) {
    if (line.startsWith(' ')) own.push(line);
    else {
      own = [];
      lines.set(line, own);
    }
  }
  const structs = new Map<string, StructSchema>();
  const fieldLines = (name: string): readonly string[] =>
    (lines.get(name) ?? []).flatMap((line) => (line.startsWith(' ...') ? fieldLines(line.slice(4)) : [line]));
  const struct = (name: string): StructSchema | undefined => {
    const known = structs.get(name);
    if (known !== undefined || !lines.has(name)) return known;
    const byName = new Map<string, FieldSchema>();
    const fields: FieldSchema[] = [];
    const made: StructSchema = { name, fields, byName };
    structs.set(name, made);
    for (const line of fieldLines(name)) {
      const [, field = '', optional, pointer, base = '', container, gate = ''] = fieldLine.exec(line) ?? [];
      const kind = container === '[]' ? 'list' : container === '{}' ? 'map' : '';
      const schema = {
        name: field,
        optional: optional === '?',
        pointer: pointer === '*',
        container: kind,
        base,
        gate,
        struct: struct(base),
      } as const;
      fields.push(schema);
      byName.set(field, schema);
    }
    return made;
  };
  for (const name of lines.keys()) struct(name);
  return structs;
};

/** The structures of the API by name. */
export interface ApiSchema {
  /** The schema of a structure of the table, e.g. `Pod` or `Container`. */
  struct(name: string): StructSchema;
  /** In the order of the table. */
  names(): readonly string[];
}

/** The structures of a Pod and those of another table, which may use them. The text is read when it is first needed. */
export const createApiSchema = (moreTable = ''): ApiSchema => {
  let table: ReadonlyMap<string, StructSchema> | undefined;
  const read = (): ReadonlyMap<string, StructSchema> => {
    table ??= readTable(moreTable === '' ? schemaTable : `${schemaTable}\n${moreTable}`);
    return table;
  };
  return {
    struct: (name) => {
      const schema = read().get(name);
      if (schema === undefined) throw new Error(`no structure ${name} in the schema`);
      return schema;
    },
    names: () => [...read().keys()],
  };
};

const podSchema = createApiSchema();

/** The schema of a structure of a Pod, e.g. `Pod` or `Container`. */
export const structSchema = podSchema.struct;

export const structNames = podSchema.names;
