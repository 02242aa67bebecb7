import { ContainerCreate, ContainerDelete, TaskDelete, TaskExit, TaskOOM, TaskStart } from './gen/containerd-event-messages.js';
import type { Envelope } from './gen/containerd-events.js';
import type { PodChange } from './pod-change.js';

/** Objects made through CRI live in containerd's namespace `k8s.io`. */
export const containerdEventFilters: readonly string[] = [
  'namespace==k8s.io,topic~="^/tasks/"',
  'namespace==k8s.io,topic~="^/containers/"',
];

type Decode = (bytes: Uint8Array) => PodChange | undefined;

type Changed = PodChange & { type: 'podChanged' };

const changed = (containerId: string, change: Changed['change']): Changed => ({
  type: 'podChanged',
  containerId,
  change,
});

/** The end of a task, but not that of an exec inside it, which has an id of its own. */
const unlessExec = ({ containerId, id }: { readonly containerId: string; readonly id: string }): Changed | undefined =>
  id === '' || id === containerId ? changed(containerId, 'stopped') : undefined;

const decoders: Readonly<Record<string, Decode>> = {
  '/containers/create': (bytes) => changed(ContainerCreate.decode(bytes).id, 'created'),
  '/containers/delete': (bytes) => changed(ContainerDelete.decode(bytes).id, 'deleted'),
  '/tasks/start': (bytes) => changed(TaskStart.decode(bytes).containerId, 'started'),
  '/tasks/exit': (bytes) => {
    const exit = TaskExit.decode(bytes);
    const change = unlessExec(exit);
    const finishedAtMs = exit.exitedAt?.getTime() ?? Number.NaN;
    return change === undefined || Number.isNaN(finishedAtMs) ? change : { ...change, exit: { exitCode: exit.exitStatus, finishedAtMs } };
  },
  // Closer than the exit to the moment when CRI's records follow: a second reason to look.
  '/tasks/delete': (bytes) => unlessExec(TaskDelete.decode(bytes)),
  '/tasks/oom': (bytes) => changed(TaskOOM.decode(bytes).containerId, 'other'),
};

/** What an event of containerd means for pods; undefined when it means nothing (execs, other namespaces, unknown topics). */
export const containerdChange = ({ namespace, topic, event }: Envelope): PodChange | undefined =>
  namespace === 'k8s.io' && event !== undefined ? decoders[topic]?.(event.value) : undefined;
