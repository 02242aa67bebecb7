import type { Container, ContainerStatus, Pod } from '@solo-kubelet/pod-spec';
import { ageOf } from '../output/human-duration.js';

/** What `get pods` shows of a pod. */
export interface PodRow {
  readonly namespace: string;
  readonly name: string;
  readonly ready: string;
  readonly status: string;
  readonly restarts: string;
  readonly age: string;
  readonly ip: string;
  readonly node: string;
}

/** Of an init container; said here once more, since loading all of pod-spec for it takes longer than printing a table. */
const isSidecar = ({ restartPolicy }: Pick<Container, 'restartPolicy'>): boolean => restartPolicy === 'Always';

/** The words of `kubectl get pods` (pkg/printers/internalversion/printers.go printPod). */
export const podRow = (pod: Pod, nowMs: number): PodRow => {
  const { spec, status, metadata } = pod;
  const containers = status?.containerStatuses ?? [];
  const inits = status?.initContainerStatuses ?? [];
  const sidecarNames = new Set((spec?.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const sidecars = inits.filter(({ name }) => sidecarNames.has(name));
  const counted = [...containers, ...sidecars];
  const total = (spec?.containers?.length ?? 0) + sidecarNames.size;
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    ready: `${counted.filter(({ ready, state }) => ready && state?.running).length}/${total}`,
    status: podReason(pod, sidecarNames),
    restarts: restartsText([...containers, ...(isInitializing(pod, sidecarNames) ? inits : sidecars)], nowMs),
    age: ageOf(metadata?.creationTimestamp ?? status?.startTime, nowMs),
    ip: status?.podIP || '<none>',
    node: spec?.nodeName ?? '<none>',
  };
};

const isDone = ({ state, started, name }: ContainerStatus, sidecars: ReadonlySet<string | undefined>): boolean =>
  state?.terminated?.exitCode === 0 || (sidecars.has(name) && started === true);

const isInitializing = ({ status }: Pod, sidecars: ReadonlySet<string | undefined>): boolean =>
  (status?.initContainerStatuses ?? []).some((container) => !isDone(container, sidecars)) &&
  !(status?.conditions ?? []).some(({ type, status: value }) => type === 'Initialized' && value === 'True');

const podReason = (pod: Pod, sidecars: ReadonlySet<string | undefined>): string => {
  const { status, spec, metadata } = pod;
  const inits = status?.initContainerStatuses ?? [];
  const base = status?.reason || status?.phase || 'Unknown';
  const reason = isInitializing(pod, sidecars)
    ? initReason(inits, sidecars, spec?.initContainers?.length ?? 0)
    : (containersReason(status?.containerStatuses ?? [], pod) ?? base);
  return metadata?.deletionTimestamp === undefined ? reason : 'Terminating';
};

const initReason = (inits: readonly ContainerStatus[], sidecars: ReadonlySet<string | undefined>, total: number): string => {
  const index = inits.findIndex((container) => !isDone(container, sidecars));
  const { state } = inits[index] ?? {};
  const { terminated, waiting } = state ?? {};
  if (terminated) return `Init:${terminated.reason || exitText(terminated)}`;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return `Init:${index}/${total}`;
};

const exitText = ({ signal, exitCode }: { readonly signal?: number; readonly exitCode?: number }): string =>
  signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;

const containersReason = (containers: readonly ContainerStatus[], { status }: Pod): string | undefined => {
  let reason: string | undefined;
  let hasRunning = false;
  for (const { state, ready } of [...containers].reverse()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated) reason = state.terminated.reason || exitText(state.terminated);
    else if (ready && state?.running) hasRunning = true;
  }
  if (reason !== 'Completed' || !hasRunning) return reason;
  return (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True') ? 'Running' : 'NotReady';
};

const restartsText = (containers: readonly ContainerStatus[], nowMs: number): string => {
  const restarts = containers.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0);
  const last = containers.map(({ lastState }) => Date.parse(lastState?.terminated?.finishedAt ?? '')).filter((at) => !Number.isNaN(at));
  return restarts === 0 || last.length === 0
    ? String(restarts)
    : `${restarts} (${ageOf(new Date(Math.max(...last)).toISOString(), nowMs)} ago)`;
};
