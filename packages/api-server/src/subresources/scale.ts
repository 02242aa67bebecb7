import type { LabelSelector } from '@solo-kubelet/pod-spec';
import { createReport } from '@solo-kubelet/pod-spec/schema';
import { formatRequirements, labelSelectorRequirements } from '@solo-kubelet/selectors';
import type { ApiResource } from '../resources/api-resource.js';
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
