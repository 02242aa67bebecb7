import { MAX_JSON_LEVELS } from '@solo-kubelet/diagnostics/nesting';
import type { Int64 } from '../gen/pod-types.js';
import { formatExactly } from '../quantity/format-quantity.js';
import { readQuantity } from '../quantity/parse-quantity.js';
import { type FeatureGates, isFieldEnabled } from '../schema/field-gates.js';
import type { FieldSchema, StructSchema } from '../schema/field-schema.js';
import { mismatchFix, mismatchHint, unknownFieldHint } from './decode-hints.js';
import type { ListNode, ManifestNode, MapNode, ScalarNode } from './node.js';
import { nodeNestsDeeper } from './node-depth.js';

/** Something wrong with a value, or a field that will not count, before any rule of the API is applied. */
export interface DecodeFinding {
  readonly code: 'DECODE_TYPE' | 'DECODE_QUANTITY' | 'DECODE_TIME' | 'DECODE_BASE64' | 'UNKNOWN_FIELD' | 'DUPLICATE_FIELD' | 'NULL_VALUE';
  readonly field: string;
  readonly message: string;
  readonly hint: string;
  /** What to write in place of what stands there, when that is all there is to do. */
  readonly fix?: string;
  readonly start: number;
  readonly end: number;
}

type Values = Record<string, unknown>;
type Report = (finding: DecodeFinding) => void;

const int32Max = 2n ** 31n - 1n;
const int64Max = 2n ** 63n - 1n;
const wholeNumber = /^-?[0-9]+$/;
const timeForm = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:Z|([+-]\d{2}):(\d{2}))$/;
const microForm = /^(.*)\.(\d{6})(Z|[+-]\d{2}:\d{2})$/;
/** Unknown fields that a better name is looked for; a text with more is no Pod, and looking takes time. */
const maxHints = 100;
/** Counts as no time at all. */
const zeroTime = '0001-01-01T00:00:00Z';
const goSpace = /^[\s\x85\u180e]+|(?<![\s\x85\u180e])[\s\x85\u180e]+$/g;
/** Text without characters that stand escaped in the JSON which Kubernetes makes of YAML, and reads a quantity from without unescaping. */
const plainInJson = /^[ !#-%'-;=?-[\]-\u2027\u202a-\uffff]*$/;

/** The padded standard alphabet; bits that are left over in the last character do not count, as Go's decoder is lenient there. */
const base64Form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Go's decoder takes a list of numbers for bytes too. */
const bytesOfNumbers = ({ items }: ListNode): string | undefined => {
  const codes = items.map((item) => {
    if (item.kind !== 'scalar') return undefined;
    return item.type === 'null' ? 0 : item.type === 'number' ? readWhole(item.value, 255n) : undefined;
  });
  return codes.every((code) => code !== undefined && code >= 0) ? btoa(String.fromCharCode(...codes.map(Number))) : undefined;
};

/** The same bytes as an encoder writes them. */
const canonicalBase64 = (text: string): string => (text.endsWith('=') ? btoa(atob(text)) : text);

const describe = (node: ManifestNode): string =>
  node.kind === 'scalar' ? (node.type === 'null' ? 'null' : `a ${node.type}`) : node.kind === 'map' ? 'a map' : 'a list';

const expectations: Readonly<Record<string, string>> = {
  string: 'a string',
  bool: 'true or false',
  int32: 'a whole number of 32 bits',
  int64: 'a whole number of 64 bits',
  Quantity: 'a quantity such as 500m or 1Gi',
  Time: 'a time such as 2026-01-31T12:00:00Z',
  MicroTime: 'a time such as 2026-01-31T12:00:00.000000Z',
  IntOrString: 'a whole number or a name',
  RawObject: 'a map',
  Bytes: 'base64 text',
};

/** Decodes a whole number of JSON text; undefined if it is none or does not fit. */
const readWhole = (text: string, max: bigint): Int64 | undefined => {
  if (!wholeNumber.test(text)) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value <= max && value >= -max - 1n ? value + 0 : undefined;
  const exact = text.length > 24 ? max + 1n : BigInt(text);
  return exact <= max && exact >= -max - 1n ? exact : undefined;
};

/** RFC 3339 in UTC without fractions, as Kubernetes prints it; undefined if it is none. As Go does, it takes an hour of one digit. */
const readTime = (text: string): string | undefined => {
  const match = timeForm.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHours = 0, zoneMinutes = 0] = match
    .slice(1, 9)
    .map((part) => Number(part ?? 0));
  const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > lastDay || hour > 23 || minute > 59 || second > 59) return undefined;
  if (Math.abs(zoneHours) > 24 || zoneMinutes > 59) return undefined;
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour - zoneHours, minute - (match[7]?.startsWith('-') ? -zoneMinutes : zoneMinutes), second);
  return `${time.toISOString().slice(0, 19)}Z`;
};

/**
 * Makes the value of a structure from a node as Go's JSON decoder does: names count with their case, null is as good as nothing, what is
 * given twice is merged. Scalars that are zero are left out where Kubernetes leaves them out; the rest have their zero. Empty lists and maps
 * stay, since some rules tell them from absent ones; see dropEmpty. A field whose feature gate is off counts as unknown, and so does all that is in it.
 */
export const decodeStruct = (schema: StructSchema, root: ManifestNode, path: string, report: Report, gates: FeatureGates = {}): Values => {
  let hints = 0;
  const join = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`);

  const mismatch = (field: FieldSchema, node: ManifestNode, at: string, expected: string, whole = false): void =>
    report({
      code: 'DECODE_TYPE',
      field: at,
      message: `expected ${expected}, found ${describe(node)}`,
      hint: mismatchHint(field, node, whole),
      fix: mismatchFix(field, node, whole),
      start: node.start,
      end: node.end,
    });

  const scalar = (field: FieldSchema, node: ManifestNode, at: string): unknown => {
    const wrong = (): undefined => {
      mismatch(field, node, at, expectations[field.base] ?? field.base);
      return undefined;
    };
    if (field.base === 'RawObject') {
      if (node.kind === 'scalar') return node.type === 'null' ? undefined : plainValue(node);
      if (!nodeNestsDeeper(node, MAX_JSON_LEVELS)) return plainValue(node);
      mismatch(field, node, at, `a map of at most ${MAX_JSON_LEVELS} levels`);
      return undefined;
    }
    if (field.base === 'Bytes' && node.kind === 'list') return bytesOfNumbers(node) ?? wrong();
    if (node.kind !== 'scalar') return wrong();
    if (node.type === 'null') return zeroOf(field.base);
    switch (field.base) {
      case 'string':
        return node.type === 'string' ? node.value : wrong();
      case 'bool':
        return node.type === 'boolean' ? node.value : wrong();
      case 'int32':
      case 'int64':
        return (node.type === 'number' ? readWhole(node.value, field.base === 'int32' ? int32Max : int64Max) : undefined) ?? wrong();
      case 'IntOrString':
        if (node.type === 'string') return node.value;
        return (node.type === 'number' ? readWhole(node.value, int32Max) : undefined) ?? wrong();
      case 'Time': {
        const time = node.type === 'string' ? readTime(node.value) : undefined;
        if (time === zeroTime) return undefined;
        if (time === undefined && node.type === 'string') {
          report({
            code: 'DECODE_TIME',
            field: at,
            message: `${JSON.stringify(node.value)} is no time`,
            hint: 'write 2026-01-31T12:00:00Z',
            start: node.start,
            end: node.end,
          });
          return undefined;
        }
        return time ?? wrong();
      }
      case 'MicroTime':
        return microTime(node, at) ?? (node.type === 'string' ? undefined : wrong());
      case 'Quantity':
        return quantity(node, at) ?? undefined;
      case 'Bytes':
        return node.type === 'string' ? bytes(node.value, node, at) : wrong();
      default:
        return wrong();
    }
  };

  /** A time with six digits of fractions, which must be there. */
  const microTime = (node: ScalarNode, at: string): string | undefined => {
    if (node.type !== 'string') return undefined;
    const match = microForm.exec(node.value);
    const whole = match === null ? undefined : readTime(`${match[1]}${match[3]}`);
    if (whole !== undefined) return `${whole.slice(0, -1)}.${match![2]}Z`;
    report({
      code: 'DECODE_TIME',
      field: at,
      message: `${JSON.stringify(node.value)} is no time`,
      hint: 'write 2026-01-31T12:00:00.000000Z',
      start: node.start,
      end: node.end,
    });
    return undefined;
  };

  /** Kubernetes prints such a value as null again, though it reads it as an empty one. */
  const nullBytes = ({ start, end }: ManifestNode, at: string): void =>
    report({ code: 'NULL_VALUE', field: at, message: 'null counts as an empty value', hint: '', start, end });

  /** Bytes stay base64 text, without line breaks in it. */
  const bytes = (text: string, node: ScalarNode, at: string): string | undefined => {
    const value = text.replace(/[\r\n]/g, '');
    if (base64Form.test(value)) return canonicalBase64(value);
    report({
      code: 'DECODE_BASE64',
      field: at,
      message: 'the value is no base64',
      hint: 'encode it with base64, or put the text itself into stringData (Secret) or data (ConfigMap)',
      start: node.start,
      end: node.end,
    });
    return undefined;
  };

  const quantity = (node: ScalarNode, at: string): string | undefined => {
    const text = node.type === 'string' ? (node.raw ?? (plainInJson.test(node.value) ? node.value : '\\')) : String(node.value);
    const amount = readQuantity(text.replace(goSpace, ''));
    if (typeof amount !== 'string') return formatExactly(amount);
    const shown = node.type === 'string' ? JSON.stringify(node.value) : String(node.value);
    report({
      code: 'DECODE_QUANTITY',
      field: at,
      message: `${shown}: ${amount}`,
      hint: 'write a quantity such as 500m, 2 or 1Gi',
      start: node.start,
      end: node.end,
    });
    return undefined;
  };

  const one = (field: FieldSchema, node: ManifestNode, at: string, before: unknown): unknown => {
    if (field.struct !== undefined) {
      if (node.kind === 'map') return struct(field.struct, node, at, before as Values | undefined);
      if (node.kind === 'scalar' && node.type === 'null') return before ?? struct(field.struct, undefined, at, undefined);
      mismatch(field, node, at, 'a map');
      // The Pod is refused; rules that are applied all the same need its shape.
      return before ?? struct(field.struct, undefined, at, undefined);
    }
    if (node.kind === 'scalar' && node.type === 'null' && field.base !== 'Quantity') {
      if (field.base === 'Bytes') nullBytes(node, at);
      return before ?? zeroOf(field.base);
    }
    return scalar(field, node, at);
  };

  const listOf = (field: FieldSchema, node: ListNode, at: string, before: unknown): unknown[] => {
    const old = Array.isArray(before) ? (before as unknown[]) : [];
    return node.items.map((item, i) => one(field, item, `${at}[${i}]`, old[i]) ?? zeroOf(field.base));
  };

  const mapOf = (field: FieldSchema, node: MapNode, at: string, before: unknown): Values => {
    const result: Values = { ...(before as Values | undefined) };
    for (const { key, value } of node.entries) {
      const item = one(field, value, `${at}[${key}]`, undefined);
      if (item === undefined) continue;
      if (key === '__proto__') Object.defineProperty(result, key, { value: item, enumerable: true, configurable: true, writable: true });
      else result[key] = item;
    }
    return result;
  };

  const fieldValue = (field: FieldSchema, node: ManifestNode, at: string, before: unknown): unknown => {
    const isNull = node.kind === 'scalar' && node.type === 'null';
    if (field.container === 'list') {
      if (isNull) return undefined;
      if (node.kind === 'list') return listOf(field, node, at, before);
      mismatch(field, node, at, 'a list', true);
      return undefined;
    }
    if (field.container === 'map') {
      if (isNull) return undefined;
      if (node.kind === 'map') return mapOf(field, node, at, before);
      mismatch(field, node, at, 'a map', true);
      return undefined;
    }
    if (isNull && field.pointer) return undefined;
    return one(field, node, at, before);
  };

  const struct = (type: StructSchema, node: MapNode | undefined, at: string, before: Values | undefined): Values => {
    const found = new Map<string, unknown>(before === undefined ? [] : Object.entries(before));
    for (const { key, keyStart, keyEnd } of node?.replaced ?? []) {
      const message = `field ${JSON.stringify(key)} is given twice; this one is ignored`;
      report({ code: 'DUPLICATE_FIELD', field: join(at, key), message, hint: '', start: keyStart, end: keyEnd });
    }
    const seen = new Set<string>();
    for (const { key, keyStart, keyEnd, value } of node?.entries ?? []) {
      const field = type.byName.get(key);
      const fieldPath = join(at, key);
      if (field === undefined || !isFieldEnabled(field, gates)) {
        hints += 1;
        const hint = hints <= maxHints ? unknownFieldHint(type, key, gates) : '';
        report({
          code: 'UNKNOWN_FIELD',
          field: fieldPath,
          message: `unknown field ${JSON.stringify(key)}, ignored`,
          hint,
          fix: /^did you mean (.*)\?$/.exec(hint)?.[1],
          start: keyStart,
          end: keyEnd,
        });
        continue;
      }
      if (seen.has(key)) {
        report({
          code: 'DUPLICATE_FIELD',
          field: fieldPath,
          message: `field ${JSON.stringify(key)} is given twice`,
          hint: '',
          start: keyStart,
          end: keyEnd,
        });
      }
      seen.add(key);
      found.set(key, fieldValue(field, value, fieldPath, found.get(key)));
    }
    const result: Values = {};
    for (const field of type.fields) {
      const value = found.get(field.name) ?? absent(field);
      if (value !== undefined && !(field.optional && !field.pointer && isZero(value))) result[field.name] = value;
    }
    return result;
  };

  const absent = (field: FieldSchema): unknown => {
    if (field.pointer || field.container !== '') return undefined;
    if (field.struct !== undefined) return struct(field.struct, undefined, '', undefined);
    return field.base === 'Quantity' || !field.optional ? zeroOf(field.base) : undefined;
  };

  if (root.kind === 'map') return struct(schema, root, path, undefined);
  if (!(root.kind === 'scalar' && root.type === 'null')) {
    report({
      code: 'DECODE_TYPE',
      field: path,
      message: `expected a map, found ${describe(root)}`,
      hint: '',
      start: root.start,
      end: root.end,
    });
  }
  return struct(schema, undefined, path, undefined);
};

const zeroOf = (base: string): unknown => {
  switch (base) {
    case 'string':
    case 'Bytes':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'IntOrString':
      return 0;
    case 'Quantity':
      return '0';
    default:
      return undefined;
  }
};

const isZero = (value: unknown): boolean => value === '' || value === false || value === 0;

/** A node as plain data: for the one field that holds free JSON. */
const plainValue = (root: ManifestNode): unknown => {
  const top: Values = {};
  const work: { node: ManifestNode; holder: Values | unknown[]; key: string | number }[] = [{ node: root, holder: top, key: 'value' }];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const { node, holder, key } = item;
    let value: unknown;
    if (node.kind === 'scalar') value = node.type === 'number' ? (readWhole(node.value, int64Max) ?? Number(node.value)) : node.value;
    else if (node.kind === 'list') {
      const list: unknown[] = [];
      value = list;
      for (const [i, child] of node.items.entries()) work.push({ node: child, holder: list, key: i });
    } else {
      const map: Values = {};
      value = map;
      for (const entry of node.entries) work.push({ node: entry.value, holder: map, key: entry.key });
    }
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return top['value'];
};
