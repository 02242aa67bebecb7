import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import type { Container, Pod, Probe } from '@solo-kubelet/pod-spec';
import type { ProbeKind, ProbeTarget } from '../probe-target.js';

/** Prefix of the annotations that ask for a plugin's probe: `probes.solo-kubelet.dev/<container>.<startup|liveness|readiness>`. */
export const CUSTOM_PROBE_PREFIX = 'probes.solo-kubelet.dev/';

/** A probe of a plugin as a Pod asks for it; with a running container it makes a target. */
export type CustomProbe = Pick<ProbeTarget, 'containerName' | 'kind' | 'probe'> & Required<Pick<ProbeTarget, 'custom'>>;

export interface CustomProbeIssue {
  /** Key of the annotation. */
  readonly annotation: string;
  readonly message: string;
}

/** Whole seconds or counts, and the least of each, as for probes in the spec. */
const TIMING_FIELDS: ReadonlyMap<string, number> = new Map([
  ['initialDelaySeconds', 0],
  ['timeoutSeconds', 1],
  ['periodSeconds', 1],
  ['successThreshold', 1],
  ['failureThreshold', 1],
  ['terminationGracePeriodSeconds', 1],
]);

/** The plugin probes of a Pod's annotations. An annotation with an issue counts for nothing; the others are not affected. */
export const customProbes = (pod: Pod): { readonly probes: readonly CustomProbe[]; readonly issues: readonly CustomProbeIssue[] } => {
  const probes: CustomProbe[] = [];
  const issues: CustomProbeIssue[] = [];
  for (const [annotation, value] of Object.entries(pod.metadata.annotations ?? {})) {
    if (!annotation.startsWith(CUSTOM_PROBE_PREFIX)) continue;
    const read = readAnnotation(pod, annotation.slice(CUSTOM_PROBE_PREFIX.length), value);
    if (typeof read === 'string') issues.push({ annotation, message: read });
    else probes.push(read);
  }
  return { probes, issues };
};

/** A probe, or what is wrong. */
const readAnnotation = (pod: Pod, name: string, value: string): CustomProbe | string => {
  const [, containerName = '', kind = ''] = /^(.*)\.(startup|liveness|readiness)$/.exec(name) ?? [];
  if (!isKind(kind)) return 'the name must be <container>.<startup|liveness|readiness>';
  const container = findContainer(pod, containerName);
  if (container === undefined) return `the Pod has no container ${JSON.stringify(containerName)} that can be probed`;
  if (container[`${kind}Probe`] !== undefined) return `container ${containerName} has a ${kind}Probe already`;

  let content: unknown;
  try {
    content = parseBoundedJson(value);
  } catch (error) {
    return `the value is not JSON: ${(error as Error).message}`;
  }
  if (!isRecord(content)) return 'the value must be a JSON object';
  const entries = Object.entries(content);
  for (const [field, number] of entries) {
    const least = TIMING_FIELDS.get(field);
    if (least !== undefined && !(Number.isSafeInteger(number) && (number as number) >= least))
      return `${field} must be a whole number of at least ${least}`;
  }
  if (kind !== 'readiness' && (content['successThreshold'] ?? 1) !== 1) return `successThreshold of a ${kind} probe must be 1`;
  if (kind === 'readiness' && content['terminationGracePeriodSeconds'] !== undefined)
    return 'a readiness probe has no terminationGracePeriodSeconds';
  const kinds = entries.filter(([field]) => !TIMING_FIELDS.has(field));
  const [only] = kinds;
  if (only === undefined || kinds.length > 1)
    return `exactly one kind of probe is needed, but there ${kinds.length === 0 ? 'is none' : `are ${kinds.map(([field]) => field).join(', ')}`}`;
  if (['exec', 'httpGet', 'tcpSocket', 'grpc'].includes(only[0])) return `${only[0]} belongs into ${kind}Probe of the container`;
  const probe = Object.fromEntries(entries.filter(([field]) => TIMING_FIELDS.has(field))) as Probe;
  return { containerName, kind, probe, custom: { field: only[0], action: only[1] } };
};

const isKind = (text: string): text is ProbeKind => ['startup', 'liveness', 'readiness'].includes(text);

/** A regular container or a sidecar: plain init containers are not probed. */
const findContainer = ({ spec }: Pod, name: string): Container | undefined =>
  spec.containers.find((container) => container.name === name) ??
  spec.initContainers?.find((container) => container.name === name && container.restartPolicy === 'Always');
