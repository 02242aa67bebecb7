import type { TasksDefinition } from '../gen/containerd-tasks.js';
import type { FakeRuntime } from './fake-runtime.js';
import { RpcError } from './rpc-error.js';
import type { ServiceImplementation } from './rpc-server.js';

/** containerd's own task service, as far as it concerns tasks that were left behind. */
export const taskRpcs = ({ leftTasks }: FakeRuntime): ServiceImplementation<typeof TasksDefinition> => {
  const leftTask = (containerId: string): { running: boolean } => {
    const task = leftTasks.get(containerId);
    if (task === undefined) throw new RpcError('NOT_FOUND', `task ${containerId} not found: not found`);
    return task;
  };
  return {
    delete: ({ containerId }) => {
      if (leftTask(containerId).running) throw new RpcError('FAILED_PRECONDITION', 'task must be stopped before deletion: running');
      leftTasks.delete(containerId);
      return {};
    },
    kill: ({ containerId }) => {
      leftTask(containerId).running = false;
      return {};
    },
  };
};
