import type { NodeApiObject } from '../client/node-client.js';

export interface RolloutStatus {
  readonly message: string;
  readonly done: boolean;
  readonly failed?: boolean;
}

const number = (value: unknown, otherwise = 0): number => (typeof value === 'number' ? value : otherwise);

/** How far a rollout is, in kubectl's words (kubectl/pkg/polymorphichelpers/rollout_status.go). */
export const rolloutStatus = ({ kind, metadata, spec = {}, status = {} }: NodeApiObject): RolloutStatus => {
  const { name } = metadata;
  const waiting = (message: string): RolloutStatus => ({ message, done: false });
  if (number(metadata.generation, 1) > number(status['observedGeneration'])) {
    return waiting(`Waiting for ${kind.toLowerCase()} spec update to be observed...`);
  }
  if (kind === 'Deployment' && metadata.annotations?.[HELD_REVISION] !== undefined)
    return heldBack(`deployment "${name}"`, metadata.annotations[HELD_REVISION]);
  if (kind === 'Deployment') return deploymentStatus(name, spec, status);
  const held = metadata.annotations?.[HELD_REVISION];
  if (kind === 'DaemonSet' && held !== undefined) return heldBack(`daemon set "${name}"`, held);
  if (kind === 'DaemonSet') {
    const [desired, updated, available] = ['desiredNumberScheduled', 'updatedNumberScheduled', 'numberAvailable'].map((field) =>
      number(status[field]),
    );
    if (updated! < desired!) {
      return waiting(`Waiting for daemon set "${name}" rollout to finish: ${updated} out of ${desired} new pods have been updated...`);
    }
    if (available! < desired!) {
      return waiting(`Waiting for daemon set "${name}" rollout to finish: ${available} of ${desired} updated pods are available...`);
    }
    return { message: `daemon set "${name}" successfully rolled out`, done: true };
  }
  const replicas = number(spec['replicas'], 1);
  const [ready, updated] = [number(status['readyReplicas']), number(status['updatedReplicas'])];
  if (ready < replicas) return waiting(`Waiting for ${replicas - ready} pods to be ready...`);
  const strategy = spec['updateStrategy'] as { readonly rollingUpdate?: { readonly partition?: number } } | undefined;
  const wanted = replicas - number(strategy?.rollingUpdate?.partition);
  if (updated < wanted)
    return waiting(`Waiting for statefulset rolling update to complete ${updated} pods at revision ${status['updateRevision']}...`);
  return { message: `statefulset rolling update complete ${updated} pods at revision ${status['updateRevision']}...`, done: true };
};

/** Set by the kubelet on a workload that went back to what served (decision 252). */
const HELD_REVISION = 'rollback.solo-kubelet.dev/held-revision';

const heldBack = (what: string, revision: string): RolloutStatus => ({
  message: `${what} exceeded its progress deadline: ${revision} is held back, and what served before serves. Edit the manifest, or use rollout retry`,
  done: false,
  failed: true,
});

interface Condition {
  readonly type: string;
  readonly reason?: string;
}

const deploymentStatus = (
  name: string,
  spec: NonNullable<NodeApiObject['spec']>,
  status: NonNullable<NodeApiObject['status']>,
): RolloutStatus => {
  const waiting = (message: string): RolloutStatus => ({ message, done: false });
  const conditions = (status['conditions'] ?? []) as readonly Condition[];
  if (conditions.some(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded')) {
    return { message: `deployment "${name}" exceeded its progress deadline`, done: false, failed: true };
  }
  const replicas = number(spec['replicas'], 1);
  const [all, updated, available] = ['replicas', 'updatedReplicas', 'availableReplicas'].map((field) => number(status[field]));
  if (updated! < replicas) {
    return waiting(`Waiting for deployment "${name}" rollout to finish: ${updated} out of ${replicas} new replicas have been updated...`);
  }
  if (all! > updated!)
    return waiting(`Waiting for deployment "${name}" rollout to finish: ${all! - updated!} old replicas are pending termination...`);
  if (available! < updated!) {
    return waiting(`Waiting for deployment "${name}" rollout to finish: ${available} of ${updated} updated replicas are available...`);
  }
  return { message: `deployment "${name}" successfully rolled out`, done: true };
};
