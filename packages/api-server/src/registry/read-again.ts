import type { ApiResource } from '../resources/api-resource.js';
import type { ObjectDraft, StoredObject } from '../stored-object.js';
import { isSameJson } from './same-json.js';

/** Objects that show a default which is not kept with them yet. */
const unsettled = new WeakSet<StoredObject>();

/** Upstream shows no internal traffic policy of what has no traffic of the cluster (defaultOnReadInternalTrafficPolicy). */
const showService = ({ kind, spec = {} }: ObjectDraft): void => {
  if (kind === 'Service' && spec['type'] === 'ExternalName') delete spec['internalTrafficPolicy'];
};

/**
 * Turns an object that is about to be kept into what is read again from upstream's storage, in place: what was added to it may have defaults of its
 * own, as the labels of a Job are those that its template was given. Tells whether there were any.
 */
export const showAsRead = (resource: ApiResource, draft: ObjectDraft): boolean => {
  const labelsBefore = { ...draft.metadata.labels };
  resource.rules?.fillDefaults(draft);
  showService(draft);
  return !isSameJson(draft.metadata.labels ?? {}, labelsBefore);
};

/** Such a default is kept with the next write, so that this is a change even if nothing else is one. */
export const markUnsettled = (object: StoredObject): void => void unsettled.add(object);

export const isUnsettled = (object: StoredObject): boolean => unsettled.has(object);
