import type { DeploymentRevision } from './deployment.js';

/** On a Deployment and its ReplicaSets: the number of the revision. */
export const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';

type Annotations = Readonly<Record<string, string>>;

/** Kept on a Deployment and not handed down (deploymentutil.SetNewReplicaSetAnnotations). */
const OWN: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION_ANNOTATION,
  HISTORY,
  DESIRED,
  MAX,
  'deprecated.deployment.rollback.to',
]);

/** What a Deployment's newest ReplicaSet has of its annotations, such as the cause of the change. */
export const handedDown = (annotations: Annotations = {}): Annotations =>
  Object.fromEntries(Object.entries(annotations).filter(([name]) => !OWN.has(name)));

/** The annotations of a ReplicaSet: what was handed down to it, and what its Deployment's controller notes. */
export const annotationsOfRevision = ({ annotations, revision, revisionHistory, desired, max }: DeploymentRevision): Annotations => ({
  ...annotations,
  [DESIRED]: String(desired),
  [MAX]: String(max),
  [REVISION_ANNOTATION]: String(revision),
  ...(revisionHistory.length > 0 && { [HISTORY]: revisionHistory.join(',') }),
});

/** What `annotationsOfRevision` wrote; `replicas` stands for numbers that are not noted. */
export const revisionOfAnnotations = (
  annotations: Annotations,
  replicas: number,
): Pick<DeploymentRevision, 'annotations' | 'revision' | 'revisionHistory' | 'desired' | 'max'> => ({
  annotations: handedDown(annotations),
  revision: Number(annotations[REVISION_ANNOTATION] ?? 0),
  revisionHistory: (annotations[HISTORY] ?? '').split(',').filter(Boolean).map(Number),
  desired: Number(annotations[DESIRED] ?? replicas),
  max: Number(annotations[MAX] ?? replicas),
});
