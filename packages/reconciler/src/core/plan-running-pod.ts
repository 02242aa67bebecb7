import { formatGoDuration } from '@solo-kubelet/diagnostics/text';
import type { Container } from '@solo-kubelet/pod-spec';
import { stopPod, stopsOfPod } from './container-stop.js';
import { backoffUntilMs, currentBackoff } from './crash-backoff.js';
import { ephemeralContainersToStart, targetOf } from './ephemeral-containers.js';
import { decideInitContainers } from './init-containers.js';
import type { Backoff, ContainerKind, ContainerStop, PodAction, PodPlan } from './pod-action.js';
import { formatPod } from './pod-identity.js';
import type { RunningPodInput } from './pod-sync-input.js';
import { decideRegularContainers } from './regular-containers.js';
import { withResize } from './resize/plan-resize.js';
import { planRestartOfAll } from './restart-all-containers.js';
import { nextRestartCount } from './restart-count.js';
import { isSidecar } from './restart-decision.js';
import { stillWaits } from './retry-delay.js';
import { containersForNewSandbox, decideSandbox } from './sandbox-decision.js';
import { newestExit } from './steady-times.js';

/** What a wanted, admitted pod needs. Upstream: kuberuntime computePodActions. */
export const planRunningPod = (input: RunningPodInput): PodPlan => {
  const { pod, observed } = input;
  const sandbox = decideSandbox(pod, observed);
  if (sandbox.needed) return planNewSandbox(input, sandbox.attempt);
  const restartOfAll = planRestartOfAll(input);
  if (restartOfAll !== undefined) return restartOfAll;

  const init = decideInitContainers(input);
  if (init.failed) return endPod(input);
  const ephemeral = ephemeralContainersToStart(input);
  if (!init.initialized) return withResize(input, planStarts(input, init.stops, [...ephemeral, ...init.starts]));
  const regular = decideRegularContainers(input);
  if (!regular.anyLeft) return endPod(input);
  const plan = withResize(input, planStarts(input, [...init.stops, ...regular.stops], [...ephemeral, ...init.starts, ...regular.starts]));
  return { ...plan, actions: [...refreshOf(input), ...plan.actions] };
};

/** Labels and annotations may change while the pod runs, and the objects that its volumes show: the files follow. */
const refreshOf = ({ pod, workerState }: RunningPodInput): readonly PodAction[] => {
  const live = pod.spec.volumes?.some(
    ({ downwardAPI, projected, configMap, secret }) => (downwardAPI ?? projected ?? configMap ?? secret) !== undefined,
  );
  return live === true && workerState.volumesOf !== pod ? [{ type: 'refreshVolumes' }] : [];
};

/** Nothing can run any more: what is left is stopped, and the status will say Succeeded or Failed. */
const endPod = (input: RunningPodInput): PodPlan => ({ actions: stopPod(input), backoff: [], done: false });

const stopAll = (stops: readonly ContainerStop[]): readonly PodAction[] => (stops.length > 0 ? [{ type: 'stopContainers', stops }] : []);

const planNewSandbox = (input: RunningPodInput, attempt: number): PodPlan => {
  const { pod, observed } = input;
  const sandboxes = observed?.sandboxes ?? [];
  const regular = containersForNewSandbox(pod, observed);
  if (regular.length === 0) return endPod(input);
  const stops = stopsOfPod(input, 'SandboxChanged');
  const inits = pod.spec.initContainers ?? [];
  // Init containers run again from the first; their old records would say that they are done.
  const stale = (observed?.containers ?? []).filter(({ name }) => inits.some((init) => init.name === name));
  const before: readonly PodAction[] = [
    ...stopAll(stops),
    // Also those that are not ready: a sandbox whose process died still holds its address.
    ...sandboxes
      .filter(({ state }, index) => state === 'ready' || index === 0)
      .map(({ id }) => ({ type: 'stopSandbox', podSandboxId: id }) as const),
    ...stale.map(({ id, name }) => ({ type: 'removeContainer', containerId: id, containerName: name }) as const),
    { type: 'createSandbox', attempt },
  ];
  const plan = planStarts(input, [], inits.length > 0 ? inits.slice(0, 1) : regular);
  return { ...plan, actions: [...before, ...plan.actions] };
};

/** Stops, then those starts that need not wait: crash back-off, or an earlier failure to start. */
const planStarts = (input: RunningPodInput, stops: readonly ContainerStop[], starts: readonly Container[]): PodPlan => {
  const waits = starts.map((container) => ({ container, wait: waitOf(input, container) }));
  const due = waits.filter(({ wait }) => wait === undefined).map(({ container }) => container);
  const untilMs = waits.flatMap(({ wait }) => (wait === undefined ? [] : [wait.untilMs]));
  return {
    actions: [
      ...stopAll(stops),
      ...due.map((container) => {
        const target = targetOf(input, container);
        return {
          type: 'startContainer',
          container,
          kind: kindOf(input, container),
          restartCount: nextRestartCount(input, container.name),
          ...(target && { target }),
        } as const;
      }),
    ],
    backoff: waits.flatMap(({ wait }) => (wait?.backoff === undefined ? [] : [wait.backoff])),
    ...(untilMs.length > 0 ? { requeueAfterMs: Math.max(0, Math.min(...untilMs) - input.nowMs) } : {}),
    done: false,
  };
};

const kindOf = ({ pod }: RunningPodInput, container: Container): ContainerKind => {
  if (pod.spec.ephemeralContainers?.includes(container)) return 'ephemeral';
  if (!(pod.spec.initContainers ?? []).includes(container)) return 'regular';
  return isSidecar(container) ? 'sidecar' : 'init';
};

const waitOf = (input: RunningPodInput, container: Container): { readonly untilMs: number; readonly backoff?: Backoff } | undefined => {
  const failure = input.workerState.startFailures.get(container.name);
  if (failure !== undefined && stillWaits(failure.retryAtMs, input.nowMs)) return { untilMs: failure.retryAtMs };
  const backoff = crashBackoff(input, container);
  return backoff === undefined ? undefined : { untilMs: backoff.untilMs, backoff };
};

/** The crash back-off that holds a container now. */
export const crashBackoff = (input: RunningPodInput, container: Container): Backoff | undefined => {
  const exited = newestExit(input.observed, container.name, input.steadyTimes);
  const entry = currentBackoff(input.workerState.backoff.get(container.name), exited, input.backoffPolicy);
  const untilMs = backoffUntilMs(entry, exited, input.nowMs);
  if (entry === undefined || untilMs === undefined) return undefined;
  const message = `back-off ${formatGoDuration(entry.delayMs)} restarting failed container=${container.name} pod=${formatPod(input.pod)}`;
  return { containerName: container.name, reason: 'CrashLoopBackOff', message, untilMs };
};
