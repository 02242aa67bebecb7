import { nearestName } from '@solo-kubelet/diagnostics/text';
import { PodSpecError } from '@solo-kubelet/pod-spec';
import { explainField, explainFrom, type FieldExplanation, fieldSteps } from '@solo-kubelet/pod-spec/explain';
import { findObjectKind, objectKinds } from '../kinds/object-kind.js';
import { objectSchema } from '../schema.js';
import { objectGlossary } from './object-glossary.js';

/**
 * Explains a field of any kind by its path, e.g. `deployment.spec.strategy` or `cm.data`; a path that begins with no kind is one of a Pod.
 *
 * @throws PodSpecError `POD_SPEC_FIELD_UNKNOWN` if there is no such field, or no such kind, with the nearest name as a hint.
 */
export const explainObjectField = (path: string): FieldExplanation => {
  const [first = '', ...rest] = fieldSteps(path);
  const kind = findObjectKind(first);
  if (kind !== undefined) return explainFrom(objectGlossary, kind.kind, kind.kind.toLowerCase(), rest);
  const fields = objectSchema.struct('Pod').byName;
  if (first === '' || POD_NAMES.includes(first.toLowerCase()) || fields.has(first)) return explainField(path);
  const near = nearestName(first, [...POD_NAMES, ...objectKinds.map((each) => each.kind.toLowerCase()), ...fields.keys()]);
  throw new PodSpecError({
    code: 'POD_SPEC_FIELD_UNKNOWN',
    message: `the server doesn't have a resource type ${JSON.stringify(first)}`,
    ...(near !== undefined && { hint: `did you mean ${near}?` }),
  });
};

const POD_NAMES = ['pod', 'pods', 'po'];
