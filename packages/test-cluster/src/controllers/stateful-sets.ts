import { reduceStatefulSet, type StatefulRevision, type StatefulSet, type StatefulSetRecord } from '@solo-kubelet/workloads';
import { type Controller, splitKey } from './controller.js';
import { keysByOwner } from './owners.js';
import { asPod, carryOut, isWanted, podsOf, setStatus } from './workload-parts.js';

interface Memory {
  readonly revisions: readonly StatefulRevision[];
  readonly record: StatefulSetRecord;
}

/** StatefulSets, with the claims of their Pods. */
export const statefulSetController = (): Controller => {
  const memories = new Map<string, Memory>();
  return {
    kinds: ['StatefulSet', 'Pod'],
    keysOf: ({ object, key }) => keysByOwner('StatefulSet', object, key),
    sync: (key, api) => {
      const { namespace, name } = splitKey(key);
      const set = api.get('StatefulSet', namespace, name);
      if (!isWanted(set)) return undefined;
      const uid = set.metadata.uid ?? '';
      const decision = reduceStatefulSet({
        set: set as unknown as StatefulSet,
        pods: podsOf(api, set).map(asPod),
        ...(memories.get(uid) ?? { revisions: [], record: {} }),
        nowMs: api.now(),
        hasClaim: (claim) => api.get('PersistentVolumeClaim', namespace, claim) !== undefined,
      });
      memories.set(uid, { revisions: decision.revisions, record: decision.record });
      for (const claim of decision.claims) {
        api.create({
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { ...claim.metadata, namespace },
          ...(claim.spec && { spec: claim.spec }),
        });
      }
      carryOut(api, set, decision);
      setStatus(api, 'StatefulSet', set, decision.status);
      return decision.wakeAtMs;
    },
  };
};
