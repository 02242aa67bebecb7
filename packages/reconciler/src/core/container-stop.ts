import type { Container, Int64, Pod } from '@solo-kubelet/pod-spec';
import { allContainers } from './all-containers.js';
import { isLive, type ObservedContainer } from './observed-pod.js';
import type { ContainerStop, PodAction, StopReason } from './pod-action.js';
import type { PodSyncInput } from './pod-sync-input.js';
import { effectivePolicy, isSidecar } from './restart-decision.js';

/** The least time between stop signal and kill, s (kuberuntime minimumGracePeriodInSeconds). */
export const MINIMUM_GRACE_SECONDS = 2;

/**
 * The longest grace period that is carried out, s: 68 years. Runtimes count in 64-bit nanoseconds: a period that doesn't fit would come out negative
 * there, and kill at once.
 */
const LONGEST_GRACE_SECONDS = 2_147_483_647;

/** What the event about a stop tells: in upstream's words, which call a sidecar an init container and leave out that it is restarted. */
const messageOf = (pod: Pod | undefined, name: string, reason: StopReason): string => {
  const spec = specOf(pod, name);
  const isInit = pod?.spec.initContainers?.some((init) => init.name === name) === true;
  const kind = isInit ? 'Init container' : 'Container';
  const restarts = !isInit && pod !== undefined && spec !== undefined && effectivePolicy(pod, spec) !== 'Never';
  switch (reason) {
    case 'PodEnded':
    case 'SandboxChanged':
      return `Stopping container ${name}`;
    case 'SpecChanged':
      return `${kind} ${name} definition changed${isInit ? '' : WILL_BE_RESTARTED}`;
    case 'ResizeRequired':
      return `Container ${name} resize requires restart`;
    case 'LivenessProbe':
      return `${kind} ${name} failed liveness probe${restarts ? WILL_BE_RESTARTED : ''}`;
    case 'StartupProbe':
      return `${kind} ${name} failed startup probe${restarts ? WILL_BE_RESTARTED : ''}`;
    case 'ContainerUnknown':
      return `${kind} is in "unknown" state, try killing it before restart`;
    case 'RestartAllContainers':
      return 'killing';
    case 'PostStartHook':
      return 'FailedPostStartHook';
    case 'RestartRequested':
      return `Container ${name} is restarted on request`;
  }
};

const WILL_BE_RESTARTED = ', will be restarted';

const specOf = (pod: Pod | undefined, name: string): Container | undefined =>
  allContainers(pod).find((container) => container.name === name);

const probeGrace = (container: Container | undefined, reason: StopReason): Int64 | undefined => {
  if (reason === 'LivenessProbe') return container?.livenessProbe?.terminationGracePeriodSeconds;
  return reason === 'StartupProbe' ? container?.startupProbe?.terminationGracePeriodSeconds : undefined;
};

/**
 * Grace period of one stop, s: the deletion's, the failed probe's, the pod's, what the container's annotation recorded, or the minimum. The end of
 * a pod is never given less than 1 s; RestartAllContainers gives none.
 */
const gracePeriodSeconds = (pod: Pod | undefined, observed: ObservedContainer, reason: StopReason, atMostSeconds: number): number => {
  if (reason === 'RestartAllContainers') return 0;
  const seconds = Number(
    pod?.metadata.deletionGracePeriodSeconds ??
      probeGrace(specOf(pod, observed.name), reason) ??
      pod?.spec.terminationGracePeriodSeconds ??
      observed.terminationGracePeriodSeconds ??
      MINIMUM_GRACE_SECONDS,
  );
  const bounded = Math.min(seconds, LONGEST_GRACE_SECONDS);
  return reason === 'PodEnded' ? Math.max(1, Math.min(bounded, atMostSeconds)) : bounded;
};

export const stopOf = (
  pod: Pod | undefined,
  observed: ObservedContainer,
  reason: StopReason,
  atMostSeconds = Number.POSITIVE_INFINITY,
): ContainerStop => {
  const preStop = reason === 'RestartAllContainers' ? undefined : (specOf(pod, observed.name)?.lifecycle?.preStop ?? observed.preStop);
  return {
    containerId: observed.id,
    containerName: observed.name,
    gracePeriodSeconds: gracePeriodSeconds(pod, observed, reason, atMostSeconds),
    ...(preStop === undefined ? {} : { preStop }),
    waitFor: [],
    reason,
    message: messageOf(pod, observed.name, reason),
  };
};

type PodToStop = Pick<PodSyncInput, 'pod' | 'observed' | 'workerState'>;

/**
 * Stops of all live containers of a pod: sidecars wait for the regular containers and for the sidecars after them. `atMostSeconds` shortens the grace
 * period of a pod's end. Of a pod whose manifest is gone it is known which containers came before the others, if there is a record of it; of these only
 * sidecars still run once another one does. Nothing waits for ephemeral containers (kuberuntime newTerminationOrdering).
 */
export const stopsOfPod = (
  { pod, observed, workerState }: PodToStop,
  reason: 'PodEnded' | 'SandboxChanged',
  atMostSeconds?: number,
): readonly ContainerStop[] => {
  const live = (observed?.containers ?? []).filter(isLive);
  const inits = pod?.spec.initContainers ?? [];
  const names = pod === undefined ? workerState.initsBefore : inits.map(({ name }) => name);
  const sidecars = pod === undefined ? names : inits.map((init) => (isSidecar(init) ? init.name : undefined));
  const sidecarIndex = ({ name }: ObservedContainer): number => sidecars.indexOf(name);
  const ephemeral = (pod?.spec.ephemeralContainers ?? []).map(({ name }) => name);
  const isRegular = ({ name }: ObservedContainer): boolean => !names.includes(name) && !ephemeral.includes(name);
  return live.map((container) => {
    const index = sidecarIndex(container);
    const waitFor = index < 0 ? [] : live.filter((other) => isRegular(other) || sidecarIndex(other) > index).map(({ id }) => id);
    return { ...stopOf(pod, container, reason, atMostSeconds), waitFor };
  });
};

/** Stops everything of a pod that comes to its end: its live containers, and then its sandboxes that are ready. */
export const stopPod = (input: PodToStop, atMostSeconds?: number): readonly PodAction[] => {
  const stops = stopsOfPod(input, 'PodEnded', atMostSeconds);
  const ready = (input.observed?.sandboxes ?? []).filter(({ state }) => state === 'ready');
  return [
    ...(stops.length > 0 ? [{ type: 'stopContainers', stops } as const] : []),
    ...ready.map(({ id }) => ({ type: 'stopSandbox', podSandboxId: id }) as const),
  ];
};

/** Seconds left of a grace period after whole seconds were spent, never under the runtime's minimum when it comes to the stop itself. */
export const graceAfter = (gracePeriodSeconds: number, spentMs: number): number =>
  Math.max(0, gracePeriodSeconds - Math.floor(Math.max(0, spentMs) / 1000));

export const stopTimeoutSeconds = (remainingSeconds: number): number => Math.max(remainingSeconds, MINIMUM_GRACE_SECONDS);
