import { completeObject, fromScaleManagedFields, type JsonObject, recordUpdate, toScaleManagedFields } from '@solo-kubelet/api-patch';
import type { LabelSelector } from '@solo-kubelet/pod-spec';
import { createReport } from '@solo-kubelet/pod-spec/schema';
import { formatRequirements, labelSelectorRequirements } from '@solo-kubelet/selectors';
import type { RequestContext } from '../context.js';
import { type Change, setManagers } from '../registry/track-managers.js';
import type { ApiResource } from '../resources/api-resource.js';
import { type PlainAnswer, valueAnswer } from '../respond/answer.js';
import { includeObjectOf, partialMetadata } from '../respond/object-answer.js';
import { invalid } from '../status/api-error.js';
import { type ObjectDraft, type StoredObject, specOf } from '../stored-object.js';

const selectorText = ({ spec = {} }: StoredObject): string => {
  const selector = spec['selector'];
  if (selector === undefined) return '';
  const isPlain = Object.values(selector as object).every((value) => typeof value === 'string');
  const asked = isPlain ? { matchLabels: selector as Record<string, string> } : (selector as LabelSelector);
  const result = labelSelectorRequirements(asked);
  return result.ok ? formatRequirements(result.requirements) : '';
};

/** How many replicas an object wants and has (autoscaling/v1 Scale). */
export const scaleOf = ({ metadata, ...object }: StoredObject): StoredObject => {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = selectorText(object as StoredObject);
  const replicas = Number(object.spec?.['replicas'] ?? 0);
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
    },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(object.status?.['replicas'] ?? 0), ...(selector !== '' && { selector }) },
  };
};

const SCALE_TYPE = { apiVersion: 'autoscaling/v1', kind: 'Scale' };

/** The Scale of an object in the form that was asked for. */
export const scaleAnswer = (ctx: RequestContext, object: StoredObject): PlainAnswer => {
  const { output, parts, query, request } = ctx;
  const scale = scaleOf(object);
  if (output.as?.kind !== 'Table') {
    return valueAnswer(200, output, output.as === undefined ? scale : partialMetadata(scale, output.as.version));
  }
  const { resourceVersion } = scale.metadata;
  const table = parts.tables.table({ group: 'autoscaling', kind: 'Scale' }, [scale], {
    nowMs: request.nowMs,
    version: output.as.version,
    includeObject: includeObjectOf(query),
    metadata: resourceVersion === undefined ? {} : { resourceVersion },
    headers: true,
  });
  return valueAnswer(200, output, table);
};

/** A Scale as managed fields are about it: with those of the object that are about its replicas. */
export const managedScaleOf = (object: StoredObject): JsonObject => {
  const scale = completeObject(SCALE_TYPE, scaleOf(object));
  const managedFields = toScaleManagedFields(object.metadata.managedFields, object.apiVersion);
  return managedFields === undefined ? scale : { ...scale, metadata: { ...(scale['metadata'] as JsonObject), managedFields } };
};

/** The managed fields of an object whose Scale somebody wrote; `entries` are those of the Scale afterwards. */
export const scaledManagers = (old: StoredObject, entries: unknown): readonly JsonObject[] | undefined =>
  fromScaleManagedFields(old.metadata.managedFields, entries, old.apiVersion);

/** Records in an object that is scaled whose its replicas are. */
export const trackScale = (old: StoredObject, scale: ObjectDraft, draft: ObjectDraft, { manager, nowText }: Change): void => {
  const { metadata } = recordUpdate({
    type: SCALE_TYPE,
    before: managedScaleOf(old),
    after: completeObject(SCALE_TYPE, scale),
    manager,
    subresource: 'scale',
    now: nowText,
  });
  setManagers(draft, scaledManagers(old, (metadata as JsonObject)['managedFields']));
};

/** The object with the replicas that a Scale asks for. @throws ApiError 422 */
export const scaledObject = (_resource: ApiResource, old: StoredObject, scale: ObjectDraft): ObjectDraft => {
  const replicas = Number(scale.spec?.['replicas'] ?? 0);
  if (replicas < 0) {
    const report = createReport();
    report.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    throw invalid({ group: 'autoscaling', name: 'Scale' }, scale.metadata.name ?? '', report.errors);
  }
  const draft = structuredClone(old) as unknown as ObjectDraft;
  const { resourceVersion, uid } = scale.metadata;
  if (resourceVersion) draft.metadata.resourceVersion = resourceVersion;
  else delete draft.metadata.resourceVersion;
  if (uid) draft.metadata.uid = uid;
  specOf(draft)['replicas'] = replicas;
  return draft;
};
