import type { StoredObject } from '@solo-kubelet/api-server';
import { type DaemonRevision, type DaemonSet, type DaemonSetRecord, reduceDaemonSet } from '@solo-kubelet/workloads';
import { type Controller, splitKey } from './controller.js';
import { fitsNode } from './fits-node.js';
import { keysByOwner } from './owners.js';
import { asPod, carryOut, isWanted, podsOf, setStatus } from './workload-parts.js';

interface Memory {
  readonly revisions: readonly DaemonRevision[];
  readonly record: DaemonSetRecord;
}

/** DaemonSets, of the one node that there is. */
export const daemonSetController = (nodeName: string): Controller => {
  const memories = new Map<string, Memory>();
  return {
    kinds: ['DaemonSet', 'Pod', 'Node'],
    keysOf: ({ object, key, type }, api) => {
      // A node that only gives a sign of life is none that changed.
      if (object.kind === 'Node')
        return type === 'MODIFIED' ? [] : api.list('DaemonSet').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      return keysByOwner('DaemonSet', object, key);
    },
    sync: (key, api) => {
      const { namespace, name } = splitKey(key);
      const set = api.get('DaemonSet', namespace, name);
      if (!isWanted(set)) return undefined;
      const uid = set.metadata.uid ?? '';
      const template = set.spec?.['template'] as Pick<StoredObject, 'spec'>;
      const node = api.get('Node', undefined, nodeName);
      const shouldRun = node !== undefined && fitsNode(template.spec ?? {}, node) === undefined;
      const decision = reduceDaemonSet({
        daemonSet: set as unknown as DaemonSet,
        pods: podsOf(api, set).map(asPod),
        ...(memories.get(uid) ?? { revisions: [], record: { podsMade: 0 } }),
        node: { nodeName, shouldRun, shouldContinueRunning: shouldRun },
        nowMs: api.now(),
      });
      memories.set(uid, { revisions: decision.revisions, record: decision.record });
      carryOut(api, set, decision);
      setStatus(api, 'DaemonSet', set, decision.status);
      return decision.wakeAtMs;
    },
  };
};
