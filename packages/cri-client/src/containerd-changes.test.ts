import { describe, expect, it } from 'vitest';
import { containerdChange } from './containerd-changes.js';
import { ContainerCreate, TaskDelete, TaskExit, TaskOOM } from './gen/containerd-event-messages.js';

const event = (topic: string, value: Uint8Array, namespace = 'k8s.io') =>
  containerdChange({ timestamp: undefined, namespace, topic, event: { typeUrl: '', value: Buffer.from(value) } });
const exit = (id: string) => TaskExit.encode(TaskExit.fromPartial({ containerId: 'c1', id, pid: 7, exitStatus: 1 })).finish();
const change = (kind: string) => ({ type: 'podChanged', containerId: 'c1', change: kind });

describe('containerdChange', () => {
  it('tells of creations, exits, deletions of tasks and out-of-memory kills', () => {
    expect(event('/containers/create', ContainerCreate.encode({ id: 'c1', image: '' }).finish())).toEqual(change('created'));
    expect(event('/tasks/exit', exit('c1'))).toEqual(change('stopped'));
    const dated = TaskExit.encode({ containerId: 'c1', id: 'c1', pid: 7, exitStatus: 3, exitedAt: new Date(5_000) }).finish();
    expect(event('/tasks/exit', dated)).toEqual({ ...change('stopped'), exit: { exitCode: 3, finishedAtMs: 5_000 } });
    const deleted = TaskDelete.encode(TaskDelete.fromPartial({ containerId: 'c1', pid: 7 })).finish();
    expect(event('/tasks/delete', deleted)).toEqual(change('stopped'));
    expect(event('/tasks/oom', TaskOOM.encode({ containerId: 'c1' }).finish())).toEqual(change('other'));
  });

  it('is silent about the exit of a command run in the container', () => expect(event('/tasks/exit', exit('probe-17'))).toBeUndefined());

  it('is silent about other namespaces and unknown topics', () => {
    expect(event('/tasks/exit', exit('c1'), 'moby')).toBeUndefined();
    expect(event('/tasks/checkpointed', exit('c1'))).toBeUndefined();
  });
});
