import { type Container, compareQuantities, type Pod } from '@solo-kubelet/pod-spec';
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
const planUpdates = (input: RunningPodInput, planned: readonly PodAction[]): readonly (PodAction & { type: 'updateResources' })[] => {
  const starting = startedNames(planned);
  return input.pod.spec.containers.flatMap((container) => {
    const observed = newestContainer(input.observed, container.name);
    if (observed?.state !== 'running' || starting.has(container.name) || !changed(input, container)) return [];
    return [{ type: 'updateResources', container, containerId: observed.id } as const];
  });
};

/** What is planned with the updates it needs; the pod's own cgroup is wide enough for old and new while its containers change. */
export const withResize = (input: RunningPodInput, planned: readonly PodAction[]): readonly PodAction[] => {
  const updates = planUpdates(input, planned);
  const starting = startedNames(planned);
  const resizes = updates.length > 0 || input.pod.spec.containers.some((one) => starting.has(one.name) && changed(input, one));
  if (!resizes) return planned;
  return [{ type: 'resizePod', limits: envelope(input) }, ...planned, ...updates, { type: 'resizePod', limits: input.pod }];
};

const startedNames = (planned: readonly PodAction[]): ReadonlySet<string> =>
  new Set(planned.flatMap((action) => (action.type === 'startContainer' ? [action.container.name] : [])));

/** The pod with the larger of what each container had and is to have. */
const envelope = ({ pod, ledger }: RunningPodInput): Pod => ({
  ...pod,
  spec: { ...pod.spec, containers: pod.spec.containers.map((container) => widest(container, ledger.actuated.get(container.name))) },
});

const widest = (container: Container, sent: string | undefined): Container => {
  if (sent === undefined) return container;
  const [cpuRequest, memoryRequest, cpuLimit, memoryLimit] = JSON.parse(sent) as readonly (string | null)[];
  const { requests = {}, limits = {} } = container.resources ?? {};
  return {
    ...container,
    resources: {
      ...container.resources,
      requests: {
        ...requests,
        ...named('cpu', larger(cpuRequest, requests['cpu'])),
        ...named('memory', larger(memoryRequest, requests['memory'])),
      },
      limits: { ...limits, ...named('cpu', larger(cpuLimit, limits['cpu'])), ...named('memory', larger(memoryLimit, limits['memory'])) },
    },
  };
};

const larger = (before: string | null | undefined, now: string | undefined): string | undefined => {
  if (before === null || before === undefined) return now;
  return now === undefined || compareQuantities(before, now) > 0 ? before : now;
};

const named = (name: string, amount: string | undefined): Readonly<Record<string, string>> =>
  amount === undefined ? {} : { [name]: amount };
