import type { PodPhase } from '@solo-kubelet/pod-spec';
import { GENERATION_LABEL } from '../daemon-set/daemon-pod.js';
import type { NewPod } from '../workload.js';
import { madePod } from './child-pod.js';
import { withClaims } from './claims-of-set.js';
import { decideWorkload } from './decide-workload.js';
import type { WorkloadFacts } from './sync-workload.js';
import type { ChildPod, WorkloadEntry } from './workload-entry.js';
import { namespaceOf, type WorkloadObject } from './workload-object.js';

/** A Pod that is there and that nobody asks for, as far as its sandbox tells. */
export interface OrphanPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As far as it can be told without knowing what was asked for. */
  readonly phase?: PodPhase;
}

/** A workload of which nothing is on record, with the Pods that run and are just those that it would make now: they need not be made anew. */
export const adoptPods = (entry: WorkloadEntry, orphans: readonly OrphanPod[], facts: WorkloadFacts): WorkloadEntry => {
  if (entry.object.kind === 'CronJob' || entry.object.kind === 'Job' || entry.children.length > 0) return entry;
  const namespace = namespaceOf(entry.object);
  const left = new Set(orphans.filter((orphan) => orphan.namespace === namespace && orphan.phase === 'Running'));
  if (left.size === 0) return entry;
  const decision = decideWorkload({ ...entry, object: atOnce(entry.object) }, { ...facts, pods: [], refused: new Set() });
  const children: ChildPod[] = [];
  let { made } = entry;
  for (const wanted of decision.create) {
    const orphan = [...left].find((one) => isMadeAs(one, wanted));
    if (orphan === undefined) continue;
    left.delete(orphan);
    made += 1;
    const named = { ...wanted, metadata: { ...wanted.metadata, name: orphan.name } };
    const pod = madePod(entry, named, { uid: orphan.uid, nodeName: facts.node.name, nowMs: facts.nowMs });
    children.push({ number: made, life: entry.life, pod });
  }
  if (children.length === 0) return entry;
  const names = new Set(children.flatMap(({ pod }) => (pod.spec.volumes ?? []).map((volume) => volume.persistentVolumeClaim?.claimName)));
  const claims = decision.claims.filter(({ metadata }) => names.has(metadata.name) && !facts.hasClaim(namespace, metadata.name));
  return withClaims({ ...entry, children, made }, claims as Parameters<typeof withClaims>[1], facts);
};

/** All Pods of a StatefulSet, whose order is one of making them, and those of a Deployment that would make none while it is paused. */
const atOnce = (object: WorkloadObject): WorkloadObject => {
  if (object.spec === undefined) return object;
  if (object.kind === 'StatefulSet') return { ...object, spec: { ...object.spec, podManagementPolicy: 'Parallel' } };
  return object.kind === 'Deployment' ? { ...object, spec: { ...object.spec, paused: false } } : object;
};

const SUFFIX = /^[a-z0-9]{5}$/;

/** The labels tell the revision (not its number, which is lost with the records), the name the workload: two may have one selector. */
export const isMadeAs = ({ name, labels }: OrphanPod, { metadata }: NewPod): boolean => {
  const prefix = metadata.generateName ?? '';
  const isNamed =
    name === metadata.name ||
    (metadata.name.length === prefix.length + 5 && name.startsWith(prefix) && SUFFIX.test(name.slice(prefix.length)));
  return isNamed && Object.entries(metadata.labels ?? {}).every(([key, value]) => key === GENERATION_LABEL || labels[key] === value);
};
