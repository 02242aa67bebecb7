import { pathSegmentNameErrors } from '@solo-kubelet/object-spec/rules';
import type { FieldError, ObjectMeta } from '@solo-kubelet/pod-spec';
import { createReport, type NameErrors, type Report, validateCommonMeta, validateFinalizerKinds } from '@solo-kubelet/pod-spec/schema';
import { isSameJson } from '../registry/same-json.js';
import type { ObjectDraft, StoredObject } from '../stored-object.js';
import type { ResourceRules } from './api-resource.js';

export interface PlainRules {
  readonly namespaced: boolean;
  readonly nameErrors: NameErrors;
  readonly countsGeneration?: boolean;
  /** Whether a change counts in the generation; without it: one of `spec`. */
  readonly isCountedChange?: (draft: ObjectDraft, old: StoredObject) => boolean;
  readonly fillDefaults?: (draft: ObjectDraft) => void;
  readonly prepareCreate?: (draft: ObjectDraft) => void;
  readonly prepareUpdate?: (draft: ObjectDraft, old: StoredObject) => void;
  readonly validate?: (draft: ObjectDraft, report: Report) => void;
  /** Without it `validate` looks at an update too. */
  readonly validateUpdate?: (draft: ObjectDraft, old: StoredObject, report: Report) => void;
  /** The metadata is looked at as at that of a new object in updates too. */
  readonly updateChecksMetadata?: boolean;
  /** Finalizers without a domain may have any name: the metadata is looked at by the rules of the API machinery alone. */
  readonly hasPlainFinalizers?: boolean;
  readonly checksMetadataUpdate?: boolean;
  /** A new object's metadata is looked at only if nothing else is wrong with it. */
  readonly checksMetadataLast?: boolean;
  readonly warnings?: ResourceRules['warnings'];
}

/** The rules of a kind that object-spec does not know, put together as upstream puts together its own. */
export const plainRules = (rules: PlainRules): ResourceRules => {
  const {
    namespaced,
    nameErrors,
    hasPlainFinalizers = false,
    countsGeneration = false,
    validate = () => {},
    updateChecksMetadata = false,
  } = rules;
  const metaErrors = (metadata: ObjectMeta, names: NameErrors): readonly FieldError[] => {
    const report = createReport();
    validateCommonMeta(metadata, { namespaced, nameErrors: names }, 'metadata', report);
    return report.errors;
  };
  return {
    nameErrors,
    checksMetadataUpdate: rules.checksMetadataUpdate ?? true,
    fillDefaults: rules.fillDefaults ?? (() => {}),
    create: (draft) => {
      rules.prepareCreate?.(draft);
      if (countsGeneration) draft.metadata.generation = 1;
      const report = createReport();
      if (rules.checksMetadataLast !== true) report.include(metaErrors(draft.metadata as ObjectMeta, nameErrors));
      if (!hasPlainFinalizers) validateFinalizerKinds(draft.metadata as ObjectMeta, 'metadata', report);
      validate(draft, report);
      return report.errors.length > 0 ? report.errors : metaErrors(draft.metadata as ObjectMeta, pathSegmentNameErrors);
    },
    prepareUpdate: (draft, old) => {
      if (old.metadata.generation === undefined) delete draft.metadata.generation;
      else draft.metadata.generation = old.metadata.generation;
      (rules.prepareUpdate ?? rules.prepareCreate)?.(draft, old);
      const isCounted = rules.isCountedChange ?? ((a: ObjectDraft, b: StoredObject) => !isSameJson(a.spec, b.spec));
      const counted = countsGeneration && isCounted(draft, old);
      if (counted) draft.metadata.generation = Number(draft.metadata.generation ?? 0) + 1;
      return counted;
    },
    updateErrors: (draft, old) => {
      const report = createReport();
      if (updateChecksMetadata) {
        report.include(metaErrors(draft.metadata as ObjectMeta, nameErrors));
        if (!hasPlainFinalizers) validateFinalizerKinds(draft.metadata as ObjectMeta, 'metadata', report);
      }
      if (!hasPlainFinalizers) validateFinalizerKinds(draft.metadata as ObjectMeta, 'metadata', report);
      if (rules.validateUpdate === undefined) validate(draft, report);
      else rules.validateUpdate(draft, old, report);
      return report.errors;
    },
    warnings: rules.warnings ?? (() => []),
  };
};
