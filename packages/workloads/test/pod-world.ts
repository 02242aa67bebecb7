import type { NewPod, ObservedPod, PodIdentity } from '../src/index.js';

/** The Pods of a node in virtual time, which do what a test says. */
export interface PodWorld {
  nowMs: number;
  pods: ObservedPod[];
  uids: number;
}

export const createWorld = (): PodWorld => ({ nowMs: Date.parse('2026-01-01T00:00:00Z'), pods: [], uids: 0 });

export const time = (ms: number): string => new Date(ms).toISOString();

/** Does the first `steps` of what was decided, deletions before creations, as if the kubelet ended there. */
export const act = (
  world: PodWorld,
  decision: { readonly create: readonly NewPod[]; readonly delete: readonly PodIdentity[] },
  steps = Number.POSITIVE_INFINITY,
): void => {
  const deleted = new Set(decision.delete.slice(0, steps).map(({ uid }) => uid));
  world.pods = world.pods.map((pod) =>
    deleted.has(pod.metadata.uid) ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp: time(world.nowMs) } } : pod,
  );
  for (const pod of decision.create.slice(0, Math.max(steps - decision.delete.length, 0))) {
    if (world.pods.some(({ metadata }) => metadata.name === pod.metadata.name)) throw new Error(`there are two Pods ${pod.metadata.name}`);
    world.uids += 1;
    const metadata = { ...pod.metadata, namespace: 'default', uid: `uid-${world.uids}`, creationTimestamp: time(world.nowMs) };
    world.pods.push({ metadata, spec: { ...pod.spec, nodeName: 'node1' }, status: { phase: 'Pending' } });
  }
};

export const setReady = (world: PodWorld, pod: ObservedPod, ready: boolean): void => {
  const condition = { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time(world.nowMs) } as const;
  replace(world, { ...pod, status: { phase: 'Running', conditions: [condition] } });
};

export const end = (world: PodWorld, pod: ObservedPod, exitCode: number): void => {
  const state = { terminated: { exitCode, finishedAt: time(world.nowMs) } };
  const containerStatuses = [{ name: 'app', ready: false, restartCount: 0, image: 'x', imageID: '', state }] as unknown as NonNullable<
    ObservedPod['status']
  >['containerStatuses'];
  replace(world, { ...pod, status: { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses } });
};

export const removeTerminating = (world: PodWorld): void => {
  world.pods = world.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
};

const replace = (world: PodWorld, changed: ObservedPod): void => {
  world.pods = world.pods.map((pod) => (pod.metadata.uid === changed.metadata.uid ? changed : pod));
};

export const isActive = ({ metadata, status }: ObservedPod): boolean =>
  metadata.deletionTimestamp === undefined && status?.phase !== 'Failed' && status?.phase !== 'Succeeded';

export const isReady = ({ status }: ObservedPod): boolean =>
  status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false;
