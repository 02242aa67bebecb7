import type { ObservedPod } from '../pod-state.js';
import { isSameJson } from '../same-json.js';
import type { PodTemplate } from '../stateful-set/identity.js';
import type { WorkloadEvent } from '../workload.js';

/** On a workload: `never` leaves a rollout that failed as it is, as Kubernetes does. */
export const ROLLBACK = 'rollback.solo-kubelet.dev';
/** On a workload whose kind has no `progressDeadlineSeconds`. */
export const ROLLBACK_DEADLINE = 'rollback.solo-kubelet.dev/deadline-seconds';
/** On a workload: another value tries a template again that is held back. `rollout retry` sets it. */
export const RETRIED_AT = 'rollback.solo-kubelet.dev/retried-at';

/** Of a rollout of a DaemonSet, s; the default of a Deployment's progressDeadlineSeconds. */
const DEFAULT_DEADLINE_S = 600;
/** Starts of a container after which more of the same are not waited for: two and a half minutes of back-off. */
const HOPELESS_RESTARTS = 5;

/** A template that once served as a whole. */
export interface GoodTemplate {
  readonly template: PodTemplate;
  /** The images that its containers ran, by name of the container, where they can be told by digest. */
  readonly images: Readonly<Record<string, string>>;
}

/** A template that did not come to serve and is not tried again. */
export interface HeldTemplate {
  readonly template: PodTemplate;
  /** The name of its revision. */
  readonly revision: string;
  readonly message: string;
  readonly sinceMs: number;
  readonly retriedAt?: string;
}

/** What is known of the outcome of rollouts. */
export interface RolloutMemory {
  readonly good?: GoodTemplate;
  readonly held?: HeldTemplate;
  /** A rollout of a DaemonSet that goes on. */
  readonly since?: { readonly revision: string; readonly ms: number };
}

type Annotations = Readonly<Record<string, string>> | undefined;

const isSame = (a: PodTemplate | undefined, b: PodTemplate): boolean => a !== undefined && isSameJson(a, b);

/** The template to go by: the wanted one, or, while that is held back, the last good one. What is held is let go once something else is wanted. */
export const templateToUse = (
  rollout: RolloutMemory | undefined,
  wanted: PodTemplate,
  annotations: Annotations,
): { readonly template: PodTemplate; readonly rollout: RolloutMemory | undefined } => {
  const { held, ...rest } = rollout ?? {};
  if (held === undefined) return { template: wanted, rollout };
  const isHeld =
    isSame(held.template, wanted) && held.retriedAt === annotations?.[RETRIED_AT] && annotations?.[ROLLBACK] !== 'never' && rest.good;
  return isHeld ? { template: isHeld.template, rollout } : { template: wanted, rollout: rest };
};

export interface RolloutQuestion {
  readonly rollout: RolloutMemory | undefined;
  /** What the document asks for, and what was gone by. */
  readonly wanted: PodTemplate;
  readonly used: PodTemplate;
  /** The name of the revision of `used`. */
  readonly revision: string;
  readonly annotations: Annotations;
  /** The Pods of `used`. */
  readonly pods: readonly ObservedPod[];
  /** All Pods are of `used` and available. */
  readonly serves: boolean;
  /** Why the rollout has failed, where its kind says so. */
  readonly failure: string | undefined;
  readonly nowMs: number;
}

/** What became of a rollout: that it serves is remembered, with its images; one that failed is held back, if another one served before. */
export const judgeRollout = (
  question: RolloutQuestion,
): { readonly rollout: RolloutMemory | undefined; readonly event?: WorkloadEvent } => {
  const { rollout, wanted, used, revision, annotations, pods, serves, nowMs } = question;
  if (serves) {
    const images = runningImages(pods);
    if (isSame(rollout?.good?.template, used) && Object.keys(images).every((name) => rollout?.good?.images[name] !== undefined))
      return { rollout };
    return {
      rollout: {
        ...rollout,
        good: { template: used, images: { ...images, ...(isSame(rollout?.good?.template, used) && rollout?.good?.images) } },
      },
    };
  }
  const failure = question.failure ?? hopeless(pods);
  const good = rollout?.good;
  if (failure === undefined || good === undefined || annotations?.[ROLLBACK] === 'never') return { rollout };
  if (isSame(good.template, used) || !isSame(used, wanted)) return { rollout };
  const retriedAt = annotations?.[RETRIED_AT];
  const held: HeldTemplate = {
    template: wanted,
    revision,
    message: failure,
    sinceMs: nowMs,
    ...(retriedAt !== undefined && { retriedAt }),
  };
  const message = `${failure}; going back to what served before. Edit the manifest, or use rollout retry, to try again`;
  return { rollout: { good, held }, event: { type: 'Warning', reason: 'RolloutFailed', message } };
};

/** Digests of what ready Pods run. */
export const runningImages = (pods: readonly ObservedPod[]): Readonly<Record<string, string>> => {
  const statuses = pods.flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]);
  return Object.fromEntries(statuses.flatMap(({ name, imageID }) => (name && imageID?.includes('@sha256:') ? [[name, imageID]] : [])));
};

/** Why Pods will not come to serve however long one waits; undefined while they may. */
export const hopeless = (pods: readonly ObservedPod[]): string | undefined => {
  const reasons = pods.map(({ status }) => {
    const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    const crashing = statuses.find(
      ({ state, restartCount = 0 }) => state?.waiting?.reason === 'CrashLoopBackOff' && restartCount >= HOPELESS_RESTARTS,
    );
    if (crashing) return `container ${crashing.name} ended ${crashing.restartCount} times`;
    const image = statuses.find(({ state }) => ['InvalidImageName', 'ErrImageNeverPull'].includes(state?.waiting?.reason ?? ''));
    return image && `container ${image.name}: ${image.state?.waiting?.reason}`;
  });
  return reasons.length > 0 && reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
};

/** By when a rollout of a kind without a deadline of its own must serve, ms. */
export const rolloutDeadlineMs = (annotations: Annotations): number => {
  const seconds = Number(annotations?.[ROLLBACK_DEADLINE] ?? DEFAULT_DEADLINE_S);
  return (Number.isSafeInteger(seconds) && seconds > 0 ? seconds : DEFAULT_DEADLINE_S) * 1_000;
};
