import type { Container } from '@solo-kubelet/pod-spec';
import { newestContainer, type ObservedContainer } from './observed-pod.js';
import type { PodAction } from './pod-action.js';
import type { RunningPodInput } from './pod-sync-input.js';

/** Text that is equal for equal cpu and memory of a container. */
export const resourcesText = (container: Container): string => {
  const { requests = {}, limits = {} } = container.resources ?? {};
  return JSON.stringify([requests['cpu'], requests['memory'], limits['cpu'], limits['memory']]);
};

/** Resources changed under a pinned UID; only what this process has itself sent counts, since a runtime reports them rounded. */
const changed = ({ ledger }: RunningPodInput, container: Container): boolean => {
  const sent = ledger.actuated.get(container.name);
  return sent !== undefined && sent !== resourcesText(container);
};

const changedNames = (input: RunningPodInput, container: Container): readonly string[] => {
  const sent = input.ledger.actuated.get(container.name);
  if (sent === undefined) return [];
  const [cpuRequest, memoryRequest, cpuLimit, memoryLimit] = JSON.parse(sent) as readonly (string | null)[];
  const { requests = {}, limits = {} } = container.resources ?? {};
  const differs = (before: string | null | undefined, now: string | undefined): boolean => (before ?? undefined) !== now;
  return [
    ...(differs(cpuRequest, requests['cpu']) || differs(cpuLimit, limits['cpu']) ? ['cpu'] : []),
    ...(differs(memoryRequest, requests['memory']) || differs(memoryLimit, limits['memory']) ? ['memory'] : []),
  ];
};

/** Whether `resizePolicy` asks for a restart to apply what changed. */
export const resizeNeedsRestart = (input: RunningPodInput, container: Container, observed: ObservedContainer): boolean =>
  observed.state === 'running' &&
  changedNames(input, container).some((name) =>
    container.resizePolicy?.some((policy) => policy.resourceName === name && policy.restartPolicy === 'RestartContainer'),
  );

/** In-place updates of containers that go on running. */
export const planResize = (input: RunningPodInput, planned: readonly PodAction[]): readonly PodAction[] => {
  const starting = new Set(planned.flatMap((action) => (action.type === 'startContainer' ? [action.container.name] : [])));
  return input.pod.spec.containers.flatMap((container) => {
    const observed = newestContainer(input.observed, container.name);
    if (observed?.state !== 'running' || starting.has(container.name) || !changed(input, container)) return [];
    return [{ type: 'updateResources', container, containerId: observed.id } as const];
  });
};
