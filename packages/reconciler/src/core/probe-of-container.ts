import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import type { Container, Pod, Probe } from '@solo-kubelet/pod-spec';
import type { ProbeTarget } from '@solo-kubelet/probe-engine';

export type ProbeKind = ProbeTarget['kind'];

export interface ContainerProbe {
  readonly probe: Probe;
  /** Kind and settings of a probe plugin, when an annotation names one. */
  readonly custom?: { readonly field: string; readonly action: unknown };
}

/** Prefix of the annotations that choose a probe plugin: `probes.solo-kubelet.dev/<container>.<startup|liveness|readiness>`. */
const ANNOTATION_PREFIX = 'probes.solo-kubelet.dev/';

const timingFields: ReadonlySet<string> = new Set([
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
  'terminationGracePeriodSeconds',
]);

const defaultTiming = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

/** A container's probe of a kind: the manifest's own, else the annotation's. */
export const probeOf = (pod: Pod, container: Container, kind: ProbeKind): ContainerProbe | undefined => {
  const probe = container[`${kind}Probe`];
  if (probe !== undefined) return { probe };
  const annotation = pod.metadata.annotations?.[`${ANNOTATION_PREFIX}${container.name}.${kind}`];
  return annotation === undefined ? undefined : parseAnnotation(annotation);
};

const parseAnnotation = (text: string): ContainerProbe | undefined => {
  let value: unknown;
  try {
    value = parseBoundedJson(text);
  } catch {
    return undefined; // told when the manifest is accepted; a broken annotation probes nothing
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  const field = entries.find(([key]) => !timingFields.has(key));
  if (field === undefined) return undefined;
  const timing = Object.fromEntries(entries.filter(([key, seconds]) => timingFields.has(key) && typeof seconds === 'number'));
  return { probe: { ...defaultTiming, ...timing }, custom: { field: field[0], action: field[1] } };
};
