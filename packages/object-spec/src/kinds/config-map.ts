import { byteLength, configKeyErrors, type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { ConfigMap } from '../gen/object-types.js';
import { isSameField } from '../object/same-value.js';
import { base64Length } from './bytes.js';
import type { KindRules } from './kind-rules.js';

/** The most that the values of a ConfigMap or a Secret may weigh in all, bytes. */
export const MAX_DATA_BYTES = 1024 * 1024;

/** Upstream's path for an error of the whole object. */
const WHOLE_OBJECT = '';

const validate = ({ data = {}, binaryData = {} }: ConfigMap, report: Report): void => {
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    report.invalidEach(`data[${key}]`, key, configKeyErrors(key));
    if (Object.hasOwn(binaryData, key)) report.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
    size += byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    report.invalidEach(`binaryData[${key}]`, key, configKeyErrors(key));
    size += base64Length(value);
  }
  if (size > MAX_DATA_BYTES) report.tooLong(WHOLE_OBJECT, MAX_DATA_BYTES);
};

/** What an immutable object must keep. */
export const validateImmutable = <Name extends string>(
  { kind, fields }: { readonly kind: string; readonly fields: readonly Name[] },
  object: { readonly immutable?: boolean },
  old: { readonly immutable?: boolean },
  report: Report,
): void => {
  if (old.immutable !== true) return;
  const detail = 'field is immutable when `immutable` is set';
  if (object.immutable !== true) report.forbidden('immutable', detail);
  for (const name of fields) if (!isSameField(kind, name, object, old)) report.forbidden(name, detail);
};

export const configMapRules: KindRules<ConfigMap> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  validate,
  validateUpdate: (object, old, report) => {
    validateImmutable({ kind: 'ConfigMap', fields: ['data', 'binaryData'] }, object, old, report);
    validate(object, report);
  },
};
