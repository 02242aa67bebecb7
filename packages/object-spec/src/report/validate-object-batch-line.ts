import { losslessJson, type PodSpecIssue } from '@solo-kubelet/pod-spec';
import { fieldErrors, manifestOf, printStruct, readBatchRecord } from '@solo-kubelet/pod-spec/schema';
import type { ApiObject } from '../object/api-object.js';
import { type ObjectResult, parseObject, parseObjectUpdate } from '../parse/parse-object.js';
import { objectSchema } from '../schema.js';

/** An object as Kubernetes prints it in v1 JSON, without what only a server can tell. */
const printable = (object: ApiObject, notes: readonly PodSpecIssue[]): object => {
  const { uid: _uid, generation: _generation, ...metadata } = object.metadata;
  const printed = printStruct(objectSchema.struct(object.kind), { ...object, metadata }) as Values;
  return withoutNulls(
    printed,
    notes.filter(({ code }) => code === 'NULL_VALUE').map(({ field }) => field),
  );
};

type Values = Readonly<Record<string, unknown>>;

/** Values of `data` and `binaryData` that were null are printed as null, which is left out. */
const withoutNulls = (printed: Values, fields: readonly string[]): Values => {
  const isNull = (name: string, key: string, value: unknown): boolean => value === '' && fields.includes(`${name}[${key}]`);
  const shown = (name: string): object =>
    printed[name] === undefined
      ? {}
      : { [name]: Object.fromEntries(Object.entries(printed[name] as Values).filter(([key, value]) => !isNull(name, key, value))) };
  return fields.length === 0 ? printed : { ...printed, ...shown('data'), ...shown('binaryData') };
};

const refused = (message: string) => ({ ok: false, errors: [], message });

/** As a server words a strict decoding note. */
const strictText = ({ code, field }: PodSpecIssue): string =>
  `${code === 'UNKNOWN_FIELD' ? 'unknown' : 'duplicate'} field ${JSON.stringify(field)}`;

const uniqueSorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

const answer = (result: ObjectResult, before: number) => {
  const notes = uniqueSorted(result.notes.filter(({ code }) => code !== 'NULL_VALUE').map(strictText));
  const strict = notes.length > 0 && { strict: notes };
  if (!result.ok) {
    const errors = fieldErrors(result.issues);
    return { ok: false, errors, message: errors.length > 0 ? '' : result.message, ...strict };
  }
  const generation = Number(result.object.metadata.generation ?? 0) - before;
  const warnings = uniqueSorted(result.warnings.map(({ message }) => message));
  return { ok: true, errors: [], message: '', warnings, ...strict, generation, object: printable(result.object, result.notes) };
};

/** As an API server whose flag `--allow-privileged` is at its default. */
const policy = { allowPrivileged: false };

const judge = (record: {
  readonly id?: unknown;
  readonly manifest?: unknown;
  readonly manifestBase64?: unknown;
  readonly old?: unknown;
}) => {
  const source = manifestOf(record);
  if (source === undefined) return refused('the record has no manifest');
  const path = String(record.id ?? '');
  if (typeof record.old !== 'string') return answer(parseObject(source, { path, ...policy }), 0);
  const old = parseObject(record.old, { path, ...policy });
  if (!old.ok) return refused(`the old object is not sound: ${old.message || old.issues[0]?.message}`);
  return answer(parseObjectUpdate(old.object, source, { path, ...policy }), Number(old.object.metadata.generation ?? 0));
};

/** Judges one line of a batch (`{"id", "manifest"}`, for an update with `"old"`, as JSON) and answers with one line of JSON. Never throws. */
export const validateObjectBatchLine = (line: string): string => {
  const record = readBatchRecord(line);
  return losslessJson(typeof record === 'string' ? { id: '', ...refused(record) } : { id: record.id ?? '', ...judge(record) });
};
