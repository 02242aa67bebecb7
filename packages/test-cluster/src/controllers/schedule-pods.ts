import { metaTime } from '@solo-kubelet/diagnostics/text';
import { type Controller, splitKey } from './controller.js';
import { fitsNode } from './fits-node.js';
import { isWanted, tell } from './workload-parts.js';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

const isWaiting = (spec: Readonly<Record<string, unknown>> | undefined): boolean =>
  !spec?.['nodeName'] &&
  (spec?.['schedulerName'] ?? 'default-scheduler') === 'default-scheduler' &&
  ((spec?.['schedulingGates'] ?? []) as readonly unknown[]).length === 0;

/** Places Pods on the one node that there is, or says why not. */
export const scheduler = (nodeName: string): Controller => ({
  kinds: ['Pod', 'Node'],
  keysOf: ({ object, key }, api) => {
    if (object.kind === 'Pod') return isWaiting(object.spec) ? [key] : [];
    return api
      .list('Pod')
      .filter(({ spec }) => isWaiting(spec))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  },
  sync: (key, api) => {
    const { namespace, name } = splitKey(key);
    const pod = api.get('Pod', namespace, name);
    const node = api.get('Node', undefined, nodeName);
    if (!isWanted(pod) || node === undefined || !isWaiting(pod.spec)) return undefined;
    const why = fitsNode(pod.spec ?? {}, node);
    if (why === undefined) {
      api.bind(pod, nodeName);
      tell(api, pod, 'default-scheduler', [
        { type: 'Normal', reason: 'Scheduled', message: `Successfully assigned ${key} to ${nodeName}` },
      ]);
      return undefined;
    }
    const message = `0/1 nodes are available: 1 ${why}.`;
    const conditions = (pod.status?.['conditions'] ?? []) as readonly Condition[];
    if (conditions.some((each) => each.type === 'PodScheduled' && each.message === message)) return undefined;
    const lastTransitionTime = metaTime(api.now());
    api.setStatus(pod, {
      conditions: [
        ...conditions.filter(({ type }) => type !== 'PodScheduled'),
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime },
      ],
    });
    tell(api, pod, 'default-scheduler', [{ type: 'Warning', reason: 'FailedScheduling', message }]);
    return undefined;
  },
});
