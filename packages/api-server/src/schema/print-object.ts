import { printStruct } from '@solo-kubelet/pod-spec/schema';
import type { StoredObject } from '../stored-object.js';
import { type FieldSchema, type StructSchema, serverSchema } from './server-schema.js';

type Values = Record<string, unknown>;

/** The only structures whose pointers are printed though there is nothing behind them. */
const TYPED_REFERENCES: ReadonlySet<string> = new Set(['TypedLocalObjectReference', 'TypedObjectReference']);

/** Whether Go prints a field that is empty as null: lists, maps and times that are not left out. */
const printsNull = (field: FieldSchema, struct: StructSchema): boolean => {
  if (field.pointer) return field.name === 'apiGroup' && TYPED_REFERENCES.has(struct.name);
  if (field.container !== '') return !field.optional;
  return (field.base === 'Time' || field.base === 'MicroTime') && struct.name !== 'ObjectMeta';
};

interface PrintPlan {
  /** Fields that are printed as null when they are not there. */
  readonly nulls: readonly string[];
  /** Structures below that have something to do. */
  readonly inside: readonly { readonly name: string; readonly container: FieldSchema['container']; readonly plan: PrintPlan }[];
  readonly isEmpty: boolean;
}

const plans = new Map<string, PrintPlan>();
const EMPTY: PrintPlan = { nulls: [], inside: [], isEmpty: true };

/** Structures do not hold themselves in this API, so going down ends. */
const planOf = (struct: StructSchema): PrintPlan => {
  const known = plans.get(struct.name);
  if (known !== undefined) return known;
  const nulls = struct.fields.filter((field) => printsNull(field, struct)).map(({ name }) => name);
  const inside = struct.fields.flatMap(({ name, container, struct: type }) => {
    const plan = type === undefined ? EMPTY : planOf(type);
    return plan.isEmpty ? [] : [{ name, container, plan }];
  });
  const plan = { nulls, inside, isEmpty: nulls.length === 0 && inside.length === 0 };
  plans.set(struct.name, plan);
  return plan;
};

/** The value itself where there is nothing to add; else a copy of what changes. */
const withNulls = (plan: PrintPlan, value: Values): Values => {
  let result: Values | undefined;
  const set = (name: string, item: unknown): void => {
    result ??= { ...value };
    result[name] = item;
  };
  for (const name of plan.nulls) if (value[name] === undefined) set(name, null);
  for (const { name, container, plan: inner } of plan.inside) {
    const item = value[name];
    if (item === undefined || item === null) continue;
    if (container === 'list') {
      const list = item as readonly Values[];
      const made = list.map((each) => withNulls(inner, each));
      if (made.some((each, i) => each !== list[i])) set(name, made);
    } else if (container === 'map') {
      set(name, Object.fromEntries(Object.entries(item as Record<string, Values>).map(([key, each]) => [key, withNulls(inner, each)])));
    } else {
      const made = withNulls(inner, item as Values);
      if (made !== item) set(name, made);
    }
  }
  return result ?? value;
};

/** Amounts beyond exa lose their exponent in print; whoever has none needs no copy for it. */
const HUGE_AMOUNT = /^[+-]?[\d.]+(?:[EP]i?|[eE][+-]?\d+)$/;

/** Looks at the strings alone, which is cheaper than to write the object as text; as deep as what clients send may be. */
const mayHaveHugeAmount = (object: unknown): boolean => {
  const rest = [object];
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value === 'string') {
      if (HUGE_AMOUNT.test(value)) return true;
    } else if (typeof value === 'object' && value !== null) {
      for (const each of Object.values(value)) rest.push(each);
    }
  }
  return false;
};

/** Kind first, and metadata, as Go prints them. */
const ordered = (struct: StructSchema, value: Values): Values => {
  const metadata: Values = {};
  const given = (value['metadata'] ?? {}) as Values;
  for (const { name } of serverSchema.struct('ObjectMeta').fields) if (given[name] !== undefined) metadata[name] = given[name];
  const result: Values = { kind: value['kind'], apiVersion: value['apiVersion'], metadata };
  for (const { name } of struct.fields) if (result[name] === undefined && value[name] !== undefined) result[name] = value[name];
  return result;
};

/** An object as the server prints it: with null for lists, maps and times that are not there and that Go does not leave out. */
export const printObject = (structName: string, object: StoredObject): StoredObject => {
  const struct = serverSchema.struct(structName);
  const printed = ordered(struct, withNulls(planOf(struct), object as unknown as Values));
  return (mayHaveHugeAmount(printed) ? (printStruct(struct, printed) as Values) : printed) as unknown as StoredObject;
};
