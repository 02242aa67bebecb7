import { createReport } from '@solo-kubelet/pod-spec/schema';
import type { RequestContext } from '../context.js';
import { finishDraft } from '../registry/write-object.js';
import type { ApiResource } from '../resources/api-resource.js';
import { conflict, internal, notFound, type Status } from '../status/api-error.js';
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
  // Upstream has no strategy for bindings, and says what is wrong without a code.
  const problems = report.errors.map(({ message }) => message);
  if (problems.length > 0) throw internal(problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`);
  const key = `${namespace}/${name}`;
  const pod = store.get('pods', key);
  if (pod === undefined) throw notFound(PODS, name);
  const { uid, resourceVersion } = binding.metadata;
  const precondition = (what: string, wanted: string, found: string | undefined): never => {
    const why = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`;
    throw conflict(
      PODS,
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/pods/${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
    );
  };
  if (uid && uid !== pod.metadata.uid) precondition('UID', uid, pod.metadata.uid);
  if (resourceVersion && resourceVersion !== pod.metadata.resourceVersion) {
    precondition('ResourceVersion', resourceVersion, pod.metadata.resourceVersion);
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
