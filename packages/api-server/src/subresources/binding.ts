import { createReport } from '@solo-kubelet/pod-spec/schema';
import type { RequestContext } from '../context.js';
import { finishDraft } from '../registry/write-object.js';
import type { ApiResource } from '../resources/api-resource.js';
import { conflict, invalid, notFound, type Status } from '../status/api-error.js';
import { type ObjectDraft, specOf, statusOf, type Values } from '../stored-object.js';

const PODS = { group: '', name: 'pods' };
const BINDING = { group: '', name: 'pods/binding' };

export const created: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Puts a Pod onto a node, once. @throws ApiError */
export const bindPod = (
  ctx: RequestContext,
  pods: ApiResource,
  namespace: string,
  name: string,
  binding: ObjectDraft,
  dryRun: boolean,
): Status => {
  const { store } = ctx.parts;
  const target = (binding['target'] ?? {}) as Values;
  const report = createReport();
  const kind = (target['kind'] ?? '') as string;
  if (kind !== '' && kind !== 'Node') report.notSupported('target.kind', kind, ['Node', '<empty>']);
  if (!target['name']) report.required('target.name');
  if (report.errors.length > 0) throw invalid({ group: '', name: 'Binding' }, binding.metadata.name ?? '', report.errors);
  const key = `${namespace}/${name}`;
  const pod = store.get('pods', key);
  if (pod === undefined) throw notFound(PODS, name);
  const { uid, resourceVersion } = binding.metadata;
  if (uid && uid !== pod.metadata.uid) {
    throw conflict(BINDING, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`);
  }
  if (resourceVersion && resourceVersion !== pod.metadata.resourceVersion) {
    throw conflict(
      BINDING,
      name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`,
    );
  }
  if (pod.metadata.deletionTimestamp !== undefined)
    throw conflict(BINDING, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  const node = pod.spec?.['nodeName'];
  if (node) throw conflict(BINDING, name, `pod ${name} is already assigned to node ${JSON.stringify(node)}`);
  if (((pod.spec?.['schedulingGates'] ?? []) as readonly unknown[]).length > 0) {
    throw conflict(BINDING, name, `pod ${name} has non-empty .spec.schedulingGates`);
  }
  const draft = structuredClone(pod) as unknown as ObjectDraft;
  specOf(draft)['nodeName'] = target['name'];
  const annotations = binding.metadata.annotations;
  if (annotations !== undefined) draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations };
  const labels = binding.metadata.labels;
  if (labels !== undefined) draft.metadata.labels = { ...draft.metadata.labels, ...labels };
  const conditions = (statusOf(draft)['conditions'] ?? []) as readonly Values[];
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: ctx.nowText };
  statusOf(draft)['conditions'] = [...conditions.filter(({ type }) => type !== 'PodScheduled'), scheduled];
  if (!dryRun) store.put('pods', key, finishDraft(pods, draft), ctx.request.nowMs);
  return created;
};
