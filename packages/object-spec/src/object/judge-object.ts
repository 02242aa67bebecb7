import type { FieldError } from '@solo-kubelet/pod-spec';
import { createReport, type Draft, validateCommonMeta, validateFinalizerKinds } from '@solo-kubelet/pod-spec/schema';
import type { KindRules, ObjectPolicy } from '../kinds/kind-rules.js';
import type { ObjectKind } from '../kinds/object-kind.js';
import { rulesByKind } from '../kinds/rules-by-kind.js';
import type { ApiObject } from './api-object.js';
import { pathSegmentNameErrors } from './prepare-metadata.js';
import { isSameField } from './same-value.js';

/** What the server says to an object: the object as it would be kept, or the rules it breaks. */
export type Judgement =
  | { readonly ok: true; readonly warnings: readonly string[]; readonly generation: number }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** The rules of a kind; they fit its objects by construction. */
export const rulesOf = (kind: string): KindRules<ApiObject> =>
  rulesByKind[kind as keyof typeof rulesByKind] as unknown as KindRules<ApiObject>;

/** Each message once: the same rule may be looked at twice. */
const unique = (errors: readonly FieldError[]): readonly FieldError[] => [
  ...new Map(errors.map((error) => [`${error.type}\n${error.message}`, error])).values(),
];

const uniqueTexts = (texts: readonly string[] | undefined): readonly string[] => [...new Set(texts ?? [])];

/** Prepares a new object in place and looks at it by every rule for its creation: each as often as it is broken. */
export const newErrors = (draft: Draft<ApiObject>, { namespaced, kind }: ObjectKind, policy: ObjectPolicy): readonly FieldError[] => {
  const rules = rulesOf(kind);
  rules.prepareCreate?.(draft);
  const { metadata } = draft;
  if (rules.countsGeneration) metadata.generation = 1;
  const object = draft as ApiObject;
  const report = createReport();
  if (rules.createChecksMetadata ?? true) {
    validateCommonMeta(object.metadata, { namespaced, nameErrors: rules.nameErrors }, 'metadata', report);
    if (rules.checksFinalizerKinds !== false) validateFinalizerKinds(object.metadata, 'metadata', report);
  }
  rules.validate(object, report, policy);
  // The common rules are looked at only when those of the kind found nothing.
  if (report.errors.length === 0) {
    validateCommonMeta(object.metadata, { namespaced, nameErrors: pathSegmentNameErrors }, 'metadata', report);
  }
  return report.errors;
};

/** The same as a judgement, with each error once. */
export const judgeNew = (draft: Draft<ApiObject>, kind: ObjectKind, policy: ObjectPolicy): Judgement => {
  const errors = newErrors(draft, kind, policy);
  if (errors.length > 0) return { ok: false, errors: unique(errors) };
  const warnings = uniqueTexts(rulesOf(kind.kind).warnings?.(draft as ApiObject));
  return { ok: true, warnings, generation: Number(draft.metadata.generation ?? 0) };
};

/** Prepares an object that takes the place of an old one, in place: what users may not set, and the generation. Tells whether that steps. */
export const prepareChange = (draft: Draft<ApiObject>, old: ApiObject, { kind }: ObjectKind): boolean => {
  const rules = rulesOf(kind);
  const { metadata } = draft;
  if (old.metadata.generation === undefined) delete metadata.generation;
  else metadata.generation = old.metadata.generation;
  if (old.metadata.uid !== undefined) metadata.uid = old.metadata.uid;
  if (rules.prepareUpdate === undefined) rules.prepareCreate?.(draft);
  else rules.prepareUpdate(draft, old);
  const isCounted = rules.isCountedChange ?? ((a: ApiObject, b: ApiObject) => !isSameField(kind, 'spec', a, b));
  const counted = rules.countsGeneration && isCounted(draft as ApiObject, old);
  if (counted) metadata.generation = Number(metadata.generation ?? 0) + 1;
  return counted;
};

/** Every rule of the kind for a change of a prepared object, each as often as it is broken; not the common ones of metadata. */
export const changeErrors = (
  object: ApiObject,
  old: ApiObject,
  { namespaced, kind }: ObjectKind,
  policy: ObjectPolicy,
): readonly FieldError[] => {
  const rules = rulesOf(kind);
  const report = createReport();
  if (rules.updateChecksMetadata) validateCommonMeta(object.metadata, { namespaced, nameErrors: rules.nameErrors }, 'metadata', report);
  // Where the metadata is looked at as a whole too, its finalizers are looked at twice.
  const times = rules.checksFinalizerKinds === false ? 0 : Number(rules.updateChecksMetadata) + Number(rules.checksMetadataUpdate ?? true);
  for (let i = 0; i < times; i++) validateFinalizerKinds(object.metadata, 'metadata', report);
  rules.validateUpdate(object, old, report, policy);
  return report.errors;
};

/** Prepares an object that takes the place of an old one, in place, and looks at it by every rule for the change. */
export const judgeUpdate = (draft: Draft<ApiObject>, old: ApiObject, objectKind: ObjectKind, policy: ObjectPolicy): Judgement => {
  const { namespaced, kind } = objectKind;
  rulesOf(kind).keepGenerated?.(draft, old);
  const counted = prepareChange(draft, old, objectKind);
  const object = draft as ApiObject;
  const report = createReport();
  validateCommonMeta(object.metadata, { namespaced, nameErrors: pathSegmentNameErrors }, 'metadata', report);
  const errors = [...report.errors, ...changeErrors(object, old, objectKind, policy)];
  if (errors.length > 0) return { ok: false, errors: unique(errors) };
  const warnings = uniqueTexts(rulesOf(kind).warnings?.(object, { old, counted }));
  return { ok: true, warnings, generation: Number(object.metadata.generation ?? 0) };
};
