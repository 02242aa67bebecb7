export { isTimeZone, nextTime } from '@solo-kubelet/object-spec';
export {
  type Claim,
  type ClaimBinding,
  type ClaimEvent,
  type ClaimNode,
  type ClaimRecord,
  type ClaimState,
  claimKey,
  claimNames,
  emptyClaimRecord,
  podOwnerOf,
  type VolumeState,
} from './core/claims/claim.js';
export { ephemeralClaimRefusal, ephemeralClaims } from './core/claims/ephemeral-claim.js';
export { exclusiveClaimRefusal, isExclusive } from './core/claims/exclusive-claim.js';
export { claimDirectoryName } from './core/claims/provision-volume.js';
export { type ClaimsDecision, type ClaimsQuestion, reduceClaims } from './core/claims/reduce-claims.js';
export { shownClaim, shownClasses, shownVolume } from './core/claims/shown-claims.js';
export { defaultClass, LOCAL_PROVISIONER, localClass } from './core/claims/storage-class.js';
export { controllerName, podsPrefix } from './core/controller-names.js';
export type { CronJob, CronJobDecision, CronJobRecord, CronJobStatus, NewJob, OwnedJob } from './core/cron/cron-job.js';
export { cronJobRunName, type MissedStarts, missedStarts, nextStartWakeMs, type StartQuestion } from './core/cron/missed-starts.js';
export { parseSchedule } from './core/cron/parse-schedule.js';
export { type CronJobQuestion, reduceCronJob } from './core/cron/reduce-cron-job.js';
export type {
  DaemonRevision,
  DaemonSet,
  DaemonSetDecision,
  DaemonSetRecord,
  DaemonSetStatus,
  NodeMatch,
} from './core/daemon-set/daemon-set.js';
export { type DaemonSetQuestion, reduceDaemonSet } from './core/daemon-set/reduce-daemon-set.js';
export { type DaemonUpdateCounts, daemonUpdateCounts } from './core/daemon-set/update-counts.js';
export type {
  Deployment,
  DeploymentCondition,
  DeploymentDecision,
  DeploymentRecord,
  DeploymentRevision,
  DeploymentStatus,
} from './core/deployment/deployment.js';
export { type DeploymentStrategy, type Fenceposts, minAvailable, resolveFenceposts, usedFenceposts } from './core/deployment/fenceposts.js';
export { type DeploymentQuestion, reduceDeployment } from './core/deployment/reduce-deployment.js';
export type { ReplicaSetSize } from './core/deployment/replica-set-size.js';
export { annotationsOfRevision, REVISION_ANNOTATION, revisionOfAnnotations } from './core/deployment/revision-annotations.js';
export { newReplicaSetSize, type RollingQuestion, type RollingStep, rollingStep } from './core/deployment/rolling-step.js';
export { type ScaleQuestion, scaledSizes } from './core/deployment/scale.js';
export { HELD_BACK } from './core/guard/guard-pod.js';
export { type IntOrPercent, scaledValue } from './core/int-or-percent.js';
export { isPastRestartLimit, remainingBackoffMs } from './core/job/backoff.js';
export { type FailureMatch, matchFailurePolicy } from './core/job/failure-policy.js';
export { failedIndexes, type IndexedJob, succeededIndexes } from './core/job/index-status.js';
export { countIndexes, formatIndexes, type Interval, mergeIndexes, parseIndexes, pendingIndexes, withIndexes } from './core/job/indexes.js';
export type { FailureRun, IndexFailures, Job, JobCondition, JobDecision, JobRecord, JobStatus } from './core/job/job.js';
export type { JobSpec, PodFailurePolicy, PodFailurePolicyRule, SuccessPolicy } from './core/job/job-spec.js';
export { type JobQuestion, reduceJob } from './core/job/reduce-job.js';
export { matchSuccessPolicy } from './core/job/success-policy.js';
export { jobPodDeletionOrder, podDeletionOrder } from './core/pod-deletion-order.js';
export type { ObservedPod } from './core/pod-state.js';
export {
  type ReplicaSet,
  type ReplicaSetDecision,
  type ReplicaSetQuestion,
  type ReplicaSetRecord,
  type ReplicaSetStatus,
  reduceReplicaSet,
} from './core/replica-set/reduce-replica-set.js';
export type { Result } from './core/result.js';
export { CONFIG_VERSION } from './core/rollout/restart-on-change.js';
export { hopeless } from './core/rollout/safe-rollout.js';
export {
  type ClaimTemplate,
  type OrdinalRange,
  ordinalRange,
  type ParentAndOrdinal,
  type PodTemplate,
  parentAndOrdinal,
  type StatefulIdentity,
  statefulClaims,
  statefulPod,
  statefulPodName,
} from './core/stateful-set/identity.js';
export { statefulMaxUnavailable } from './core/stateful-set/max-unavailable.js';
export { reduceStatefulSet, type StatefulSetQuestion } from './core/stateful-set/reduce-stateful-set.js';
export type {
  StatefulRevision,
  StatefulSet,
  StatefulSetDecision,
  StatefulSetRecord,
  StatefulSetStatus,
} from './core/stateful-set/stateful-set.js';
export type { NewPod, PodIdentity, WorkloadEvent } from './core/workload.js';
