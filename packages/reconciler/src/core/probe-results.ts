import type { ProbeResult } from '@solo-kubelet/probe-engine';

/** Last probe results about one container instance. A new instance has a new id and so starts afresh. */
export interface ContainerVerdicts {
  readonly startup?: ProbeResult['result'];
  readonly liveness?: ProbeResult['result'];
  readonly readiness?: ProbeResult['result'];
}

/** By container id. */
export type PodVerdicts = ReadonlyMap<string, ContainerVerdicts>;

export const noVerdicts: PodVerdicts = new Map();

export const reduceVerdicts = (probeResults: PodVerdicts, { containerId, kind, result }: ProbeResult): PodVerdicts =>
  probeResults.get(containerId)?.[kind] === result
    ? probeResults
    : new Map(probeResults).set(containerId, { ...probeResults.get(containerId), [kind]: result });
