import { allContainers } from './all-containers.js';
import { stopOf } from './container-stop.js';
import { isLive, newestContainer } from './observed-pod.js';
import type { PodPlan } from './pod-action.js';
import type { RunningPodInput } from './pod-sync-input.js';
import { asksRestartOfAll } from './restart-decision.js';

/** Names of the containers whose last exit asks for a restart of all. */
export const restartTriggers = ({ pod, observed }: Pick<RunningPodInput, 'pod' | 'observed'>): ReadonlySet<string> =>
  new Set(
    allContainers(pod)
      .filter((container) => asksRestartOfAll(container, newestContainer(observed, container.name)))
      .map(({ name }) => name),
  );

/**
 * Removes every instance of every container when one ended with a matching RestartAllContainers rule; the sandbox stays and so do the logs, and the pod starts over from
 * its first init container. The trigger goes last, so that a kubelet that dies half-way takes it up again.
 */
export const planRestartOfAll = (input: RunningPodInput): PodPlan | undefined => {
  const { pod, observed } = input;
  const triggers = restartTriggers(input);
  if (triggers.size === 0) return undefined;
  const containers = observed?.containers ?? [];
  const stops = containers.filter(isLive).map((container) => stopOf(pod, container, 'RestartAllContainers'));
  const isInit = (name: string): boolean => (pod.spec.initContainers ?? []).some((init) => init.name === name);
  const rank = (name: string): number => (triggers.has(name) ? 2 : 0) + (isInit(name) ? 1 : 0);
  const inOrder = [...containers].sort((a, b) => rank(a.name) - rank(b.name));
  return {
    actions: [
      ...(stops.length > 0 ? [{ type: 'stopContainers', stops } as const] : []),
      ...inOrder.map(({ id, name }) => ({ type: 'removeContainer', containerId: id, containerName: name, keepLogs: true }) as const),
    ],
    backoff: [],
    done: false,
  };
};
