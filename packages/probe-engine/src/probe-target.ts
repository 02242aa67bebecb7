import type { ContainerPort, EnvVar, Probe } from '@solo-kubelet/pod-spec';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** One probe of one running container. A target is listed for as long as its container runs and its Pod wants it probed. */
export interface ProbeTarget {
  readonly podUid: string;
  /** `namespace/name`. */
  readonly pod: string;
  readonly containerName: string;
  /** A new id is a new container: counters and probe result start afresh. */
  readonly containerId: string;
  readonly kind: ProbeKind;
  /** With defaults applied or not: missing numbers are Kubernetes' defaults. */
  readonly probe: Probe;
  /** Empty for a Pod in the host's network: 127.0.0.1 is probed then. */
  readonly podIp: string;
  /** Ports of the container, for ports given by name. */
  readonly ports: readonly ContainerPort[];
  /** Literal variables of the container, for `$(NAME)` in exec commands. */
  readonly env?: readonly EnvVar[];
  /** When the container was started, by the clock of the engine's scheduler, ms. */
  readonly startedAtMs: number;
  /** Whether the startup probe is through, or there is none. */
  readonly started: boolean;
  /** A probe of a plugin, in place of a field of `probe`. */
  readonly custom?: { readonly field: string; readonly action: unknown };
}

/** Whose probe it is; part of every report. */
export type ProbeIdentity = Pick<ProbeTarget, 'podUid' | 'pod' | 'containerName' | 'containerId' | 'kind'>;

/** Unique among the targets of one node at one time. */
export const targetKey = ({ podUid, containerName, containerId, kind }: ProbeIdentity): string =>
  `${podUid}/${containerName}/${containerId}/${kind}`;

export const identityOf = ({ podUid, pod, containerName, containerId, kind }: ProbeTarget): ProbeIdentity => ({
  podUid,
  pod,
  containerName,
  containerId,
  kind,
});

/** Timing of a probe with Kubernetes' defaults (pkg/apis/core/v1/defaults.go). */
export const probeTiming = (probe: Probe) => ({
  initialDelaySeconds: probe.initialDelaySeconds ?? 0,
  timeoutMs: (probe.timeoutSeconds || 1) * 1_000,
  periodMs: (probe.periodSeconds || 10) * 1_000,
  successThreshold: probe.successThreshold || 1,
  failureThreshold: probe.failureThreshold || 3,
});

/** Where a probe without a host of its own connects to. */
export const targetHost = (target: Pick<ProbeTarget, 'podIp'>, host?: string): string => host || target.podIp || '127.0.0.1';
