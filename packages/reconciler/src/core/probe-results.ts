import type { ProbeVerdict } from '@solo-kubelet/probe-engine';

/** Last verdicts about one container instance. A new instance has a new id and so starts afresh. */
export interface ContainerVerdicts {
  readonly startup?: ProbeVerdict['result'];
  readonly liveness?: ProbeVerdict['result'];
  readonly readiness?: ProbeVerdict['result'];
}

/** By container id. */
export type PodVerdicts = ReadonlyMap<string, ContainerVerdicts>;

export const noVerdicts: PodVerdicts = new Map();

export const reduceVerdicts = (verdicts: PodVerdicts, { containerId, kind, result }: ProbeVerdict): PodVerdicts =>
  verdicts.get(containerId)?.[kind] === result
    ? verdicts
    : new Map(verdicts).set(containerId, { ...verdicts.get(containerId), [kind]: result });
