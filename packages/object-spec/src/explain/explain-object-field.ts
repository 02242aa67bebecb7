import { explainField, explainFrom, type FieldExplanation, fieldSteps } from '@solo-kubelet/pod-spec/explain';
import { findObjectKind } from '../kinds/object-kind.js';
import { objectGlossary } from './object-glossary.js';

/**
 * Explains a field of any kind by its path, e.g. `deployment.spec.strategy` or `cm.data`; a path that begins with no kind is one of a Pod.
 *
 * @throws PodSpecError `POD_SPEC_FIELD_UNKNOWN` if there is no such field, with the nearest name as a hint.
 */
export const explainObjectField = (path: string): FieldExplanation => {
  const [first = '', ...rest] = fieldSteps(path);
  const kind = findObjectKind(first);
  return kind === undefined ? explainField(path) : explainFrom(objectGlossary, kind.kind, kind.kind.toLowerCase(), rest);
};
