import { type FieldTerm, matchesFields, matchesLabels } from '@solo-kubelet/selectors';
import { parseSelectors } from '../request/parse-selectors.js';
import type { ApiResource } from '../resources/api-resource.js';
import { convertEvent } from '../resources/event-rules.js';
import { badRequest } from '../status/api-error.js';
import type { StoredObject } from '../stored-object.js';

/** Which objects of a resource are wanted. */
export interface Selection {
  readonly matches: (object: StoredObject) => boolean;
  readonly isEverything: boolean;
  /** The one name that an object must have; undefined if several may do. */
  readonly name?: string;
}

const META_FIELDS = ['metadata.name', 'metadata.namespace'];

const fieldsOf = (resource: ApiResource, object: StoredObject): Readonly<Record<string, string>> => {
  const { name = '', namespace = '' } = object.metadata;
  const shown = resource.kind === 'Event' ? convertEvent(object, resource.group === '' ? 'v1' : 'events.k8s.io/v1') : object;
  return { 'metadata.name': name, ...(resource.namespaced && { 'metadata.namespace': namespace }), ...resource.fields?.(shown) };
};

const EMPTY: StoredObject = { apiVersion: '', kind: '', metadata: {} };

/** Kinds of the core say it in other words than all others. @throws ApiError 400 */
export const checkFields = (resource: ApiResource, terms: readonly FieldTerm[]): void => {
  const known = new Set([...META_FIELDS, ...Object.keys(resource.fields?.(EMPTY) ?? {})]);
  for (const { field } of terms) {
    if (known.has(field) && (resource.namespaced || field !== 'metadata.namespace' || resource.fields === undefined)) continue;
    throw badRequest(
      resource.fields === undefined
        ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
        : resource.kind === 'Job'
          ? `field label ${JSON.stringify(field)} not supported for Job`
          : `field label not supported: ${field}`,
    );
  }
};

/** Reads the selectors of a request. @throws ApiError 400 */
export const readSelection = (resource: ApiResource, labelSelector: string, fieldSelector: string): Selection => {
  const { requirements, terms } = parseSelectors(labelSelector, fieldSelector);
  checkFields(resource, terms);
  const isEverything = (requirements?.length ?? 0) === 0 && terms.length === 0;
  const named = terms.find(({ field, operator }) => field === 'metadata.name' && operator !== '!=');
  return {
    isEverything,
    ...(named !== undefined && { name: named.value }),
    matches: isEverything
      ? () => true
      : (object) =>
          matchesLabels(requirements, object.metadata.labels ?? {}) &&
          (terms.length === 0 || matchesFields(terms, fieldsOf(resource, object))),
  };
};
