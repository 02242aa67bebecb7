import type { ObjectKind } from '@solo-kubelet/object-spec';
import { type ApiObject, objectKinds } from '@solo-kubelet/object-spec';
import { changeErrors, newErrors, prepareChange, rulesOf } from '@solo-kubelet/object-spec/rules';
import type { Draft } from '@solo-kubelet/pod-spec/schema';
import type { ObjectDraft, StoredObject } from '../stored-object.js';
import type { ResourceRules } from './api-resource.js';

/** Containers of workloads may be privileged, as with `--allow-privileged`. */
const POLICY = { allowPrivileged: true };

const asDraft = (draft: ObjectDraft): Draft<ApiObject> => draft as unknown as Draft<ApiObject>;
const asObject = (object: ObjectDraft | StoredObject): ApiObject => object as unknown as ApiObject;

/** The rules that object-spec has for a kind. */
export const objectRules = (kind: ObjectKind): ResourceRules => {
  const rules = rulesOf(kind.kind);
  return {
    nameErrors: rules.nameErrors,
    checksMetadataUpdate: rules.checksMetadataUpdate ?? true,
    fillDefaults: (draft) => rules.fillDefaults?.(asDraft(draft)),
    conversionError: (draft) => rules.conversionError?.(asObject(draft))?.message,
    create: (draft) => newErrors(asDraft(draft), kind, POLICY),
    prepareUpdate: (draft, old) => prepareChange(asDraft(draft), asObject(old), kind),
    updateErrors: (draft, old) => changeErrors(asObject(draft), asObject(old), kind, POLICY),
    warnings: (draft, update) => [
      ...new Set(rules.warnings?.(asObject(draft), update && { old: asObject(update.old), counted: update.counted }) ?? []),
    ],
  };
};

/** By kind; each of these has one group. */
export const objectRulesByKind: ReadonlyMap<string, { readonly kind: ObjectKind; readonly rules: ResourceRules }> = new Map(
  objectKinds.filter(({ kind }) => rulesOf(kind) !== undefined).map((kind) => [kind.kind, { kind, rules: objectRules(kind) }]),
);
