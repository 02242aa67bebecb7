import { templateHash } from '../child-names.js';
import { type ObservedPod, timeOf } from '../pod-state.js';
import { isSameJson } from '../same-json.js';
import type { PodTemplate } from '../stateful-set/identity.js';
import type { Deployment, DeploymentRevision } from './deployment.js';

export const HASH_LABEL = 'pod-template-hash';
const MAX_NAME_LENGTH = 253;
/** How much of the numbers that a revision had before is kept, in characters. */
const MAX_HISTORY_LENGTH = 2_000;

export const revisionOfPod = ({ metadata }: ObservedPod): string => metadata.labels?.[HASH_LABEL] ?? '';

/** The ReplicaSet of a Deployment for a hash of its template. */
const nameOf = (deploymentName: string, hash: string): string => `${deploymentName.slice(0, MAX_NAME_LENGTH - 1 - hash.length)}-${hash}`;

/** The revision of the template that the Deployment has now: the oldest, should there be two. */
export const currentRevision = (revisions: readonly DeploymentRevision[], template: PodTemplate): DeploymentRevision | undefined => {
  return revisions
    .filter((revision) => revision.template !== undefined && isSameJson(revision.template, template))
    .toSorted((a, b) => a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1))[0];
};

/** A revision for the Deployment's template, with no Pods yet, and how often its hash was taken by another template. */
export const newRevision = (
  { metadata, spec }: Deployment,
  revisions: readonly DeploymentRevision[],
  collisionCount: number,
  nowMs: number,
): { readonly revision: DeploymentRevision; readonly collisionCount: number } => {
  const hash = templateHash(spec.template, collisionCount);
  const taken = revisions.some((revision) => revision.hash === hash && revision.template !== undefined);
  if (taken) return newRevision({ metadata, spec }, revisions, collisionCount + 1, nowMs);
  return {
    collisionCount,
    revision: {
      name: nameOf(metadata.name, hash),
      hash,
      revision: 0,
      revisionHistory: [],
      template: spec.template,
      createdMs: nowMs,
      replicas: 0,
      desired: spec.replicas,
      max: spec.replicas,
    },
  };
};

/** With the number above all others, as the newest one has. */
export const renumbered = (revision: DeploymentRevision, others: readonly DeploymentRevision[]): DeploymentRevision => {
  const number = Math.max(0, ...others.map((other) => other.revision)) + 1;
  if (revision.revision >= number) return revision;
  const history = revision.revision === 0 ? [] : [...revision.revisionHistory, revision.revision];
  while (history.join(',').length > MAX_HISTORY_LENGTH) history.shift();
  return { ...revision, revision: number, revisionHistory: history };
};

/** Revisions of which only the Pods are known, because the record of them was lost: old ones are rolled away as any other. */
export const revisionsOfPods = (
  { metadata, spec }: Deployment,
  revisions: readonly DeploymentRevision[],
  activePods: readonly ObservedPod[],
  collisionCount: number,
): readonly DeploymentRevision[] => {
  const known = new Set(revisions.map(({ hash }) => hash));
  const lost = activePods.filter((pod) => !known.has(revisionOfPod(pod)));
  return [...new Set(lost.map(revisionOfPod))].map((hash) => {
    const pods = lost.filter((pod) => revisionOfPod(pod) === hash);
    return {
      name: nameOf(metadata.name, hash),
      hash,
      revision: 0,
      revisionHistory: [],
      // The same hash is the same template, so these Pods need not go.
      ...(hash === templateHash(spec.template, collisionCount) && { template: spec.template }),
      createdMs: Math.min(...pods.map((pod) => timeOf(pod.metadata.creationTimestamp) ?? 0)),
      replicas: pods.length,
      desired: spec.replicas,
      max: spec.replicas,
    };
  });
};
