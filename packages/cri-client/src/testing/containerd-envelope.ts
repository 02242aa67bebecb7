import { ContainerEventType } from '@solo-kubelet/cri-types';
import {
  ContainerCreate,
  ContainerDelete,
  ImageCreate,
  TaskDelete,
  TaskExit,
  TaskOOM,
  TaskStart,
} from '../gen/containerd-event-messages.js';
import type { Envelope } from '../gen/containerd-events.js';
import type { RuntimeEvent } from './runtime-event.js';

interface Message {
  readonly topic: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

const pack = <T>(
  topic: string,
  type: string,
  codec: { fromPartial(object: T): unknown; encode(message: never): { finish(): Uint8Array } },
  fields: T,
): Message => ({ topic, type: `containerd.events.${type}`, bytes: codec.encode(codec.fromPartial(fields) as never).finish() });

const messagesOf = ({ type, subject, phase, oom, exit }: RuntimeEvent): readonly Message[] => {
  const { id, pid } = subject;
  const image = 'imageName' in subject ? subject.imageName : 'registry.k8s.io/pause:3.10';
  if (phase === 'exiting') {
    return [
      ...(oom ? [pack('/tasks/oom', 'TaskOOM', TaskOOM, { containerId: id })] : []),
      pack('/tasks/exit', 'TaskExit', TaskExit, {
        containerId: id,
        id,
        pid,
        ...(exit && { exitStatus: exit.exitCode, exitedAt: new Date(Number(exit.finishedAt / 1_000_000n)) }),
      }),
    ];
  }
  switch (type) {
    case ContainerEventType.CONTAINER_CREATED_EVENT:
      return [pack('/containers/create', 'ContainerCreate', ContainerCreate, { id, image })];
    case ContainerEventType.CONTAINER_STARTED_EVENT:
      return [pack('/tasks/start', 'TaskStart', TaskStart, { containerId: id, pid })];
    case ContainerEventType.CONTAINER_STOPPED_EVENT:
      return [
        ...('script' in subject ? [] : [pack('/tasks/exit', 'TaskExit', TaskExit, { containerId: id, id, pid })]),
        pack('/tasks/delete', 'TaskDelete', TaskDelete, { containerId: id, pid }),
      ];
    case ContainerEventType.CONTAINER_DELETED_EVENT:
      return [pack('/containers/delete', 'ContainerDelete', ContainerDelete, { id })];
  }
};

const envelope = ({ topic, type, bytes }: Message, nowMs: number): Envelope => ({
  timestamp: new Date(nowMs),
  namespace: 'k8s.io',
  topic,
  event: { typeUrl: type, value: Buffer.from(bytes) },
});

/** What containerd's event service says of an event. */
export const containerdEnvelopes = (event: RuntimeEvent, nowMs: number): readonly Envelope[] =>
  messagesOf(event).map((message) => envelope(message, nowMs));

export const imageEnvelope = (change: 'create' | 'update' | 'delete', name: string, nowMs: number): Envelope =>
  envelope(pack(`/images/${change}`, `Image${change[0]?.toUpperCase()}${change.slice(1)}`, ImageCreate, { name }), nowMs);

/** The end of a command run in a container: its id differs from the container's. */
export const execExitEnvelope = (containerId: string, execId: string, nowMs: number): Envelope =>
  envelope(pack('/tasks/exit', 'TaskExit', TaskExit, { containerId, id: execId, pid: 1 }), nowMs);
