import { isAbort } from '@solo-kubelet/diagnostics';
import { CriError } from './cri-error.js';
import type { CriCall, CriInterceptor } from './cri-interceptor.js';
import type { TasksDefinition } from './gen/containerd-tasks.js';
import type { ServiceClient } from './service-client.js';

const REMOVALS: ReadonlySet<string> = new Set(['RemoveContainer', 'RemovePodSandbox']);
/** Most that one removal has containerd forget: a Pod has fewer containers. */
const MOST_TASKS = 100;
const SIGKILL = 9;

/**
 * Removes what containerd itself can not. A StartContainer whose caller goes away while the machine is busy (a kubelet that ends or is killed) can
 * leave the container's task behind: CRI takes the container for one that never ran, and its removal fails for ever with `cannot delete running task`,
 * until containerd is started again. Seen with 1.6. Here its task service is told to forget the task, and the removal is tried once more.
 */
export const deletingLeftTasks =
  (tasks: ServiceClient<typeof TasksDefinition>): CriInterceptor =>
  (next) =>
  async (call) => {
    if (!REMOVALS.has(call.method)) return next(call);
    const deleted = new Set<string>();
    for (;;) {
      try {
        return await next(call);
      } catch (error) {
        const containerId = leftTaskOf(error, call);
        // Where it is there still, the process has yet to end: whoever removes tries again.
        if (containerId === undefined || deleted.has(containerId) || deleted.size >= MOST_TASKS) throw error;
        deleted.add(containerId);
        await deleteTask(tasks, containerId, call.signal);
      }
    }
  };

const SAID = 'cannot delete running task ';
const BECAUSE = ': failed precondition';

/**
 * Of which container containerd says that it has a task. Only where that is the reason itself, the end of the text: names of files that a container chose may
 * stand before it, and whatever they say, the reason of that failure follows. Of one container's removal no other is ever meant.
 */
const leftTaskOf = (error: unknown, { method, request }: CriCall): string | undefined => {
  if (!CriError.is(error) || !error.details.endsWith(BECAUSE)) return undefined;
  const at = error.details.lastIndexOf(SAID);
  if (at < 0) return undefined;
  const containerId = error.details.slice(at + SAID.length, -BECAUSE.length);
  if (!/^[A-Za-z0-9][\w.-]*$/.test(containerId)) return undefined;
  const { containerId: removed = '' } = request as { readonly containerId?: string };
  return method === 'RemoveContainer' && containerId !== removed ? undefined : containerId;
};

const deleteTask = async (
  tasks: ServiceClient<typeof TasksDefinition>,
  containerId: string,
  signal: AbortSignal | undefined,
): Promise<void> => {
  try {
    await tasks.delete({ containerId }, { signal });
  } catch (error) {
    if (isAbort(error) || signal?.aborted) throw error;
    if (CriError.is(error) && error.code === 'CRI_NOT_FOUND') return;
    // It runs. Whether the kill came through shows at the next removal.
    await tasks.kill({ containerId, signal: SIGKILL, all: true }, { signal }).catch(() => signal?.throwIfAborted());
  }
};
