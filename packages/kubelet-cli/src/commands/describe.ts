import type { Container, ContainerState, ContainerStatus, Pod, Probe } from '@solo-kubelet/pod-spec';
import { podQosClass } from '@solo-kubelet/pod-spec';
import { write } from '../cli-io.js';
import { findPod } from '../client/find-pod.js';
import { formatTable } from '../output/table.js';
import { describeEvents, field, indented, mapLines, ownerLines } from './describe-fields.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface DescribeOptions {
  readonly pod: string;
  readonly namespace?: string;
}

/** `describe pod NAME`: what kubectl shows, and where the manifest is. */
export const describe = async (
  { pod: name, namespace = DEFAULT_NAMESPACE }: DescribeOptions,
  { client, io, signal, now }: VerbContext,
): Promise<number> => {
  const pods = await client.listPods({ signal });
  const pod = findPod(pods, name, namespace);
  const isKubelet = client.speaker === 'daemon';
  const events = isKubelet
    ? (await client.listEvents({ signal })).filter(({ involvedObject }) => involvedObject?.uid === pod.metadata?.uid)
    : [];
  const manifest = isKubelet
    ? (await client.listManifests({ signal })).find((one) => one.pod === `${pod.metadata?.namespace}/${pod.metadata?.name}`)
    : undefined;
  const manifestLines = manifest
    ? [field('Manifest', `${manifest.path} (${manifest.state})`), ...(manifest.message ? [field('', manifest.message)] : [])]
    : [];
  await write(
    io.stdout,
    describePod(
      pod,
      manifestLines,
      isKubelet ? describeEvents(events, now) : 'Events:  unknown (no kubelet answers; this is what the runtime knows)\n',
      await takenPortLines(pod, pods),
    ),
  );
  return 0;
};

/** Which Pods have the host ports that a Pod was refused for: the reason alone names neither. */
export const takenPortLines = async (pod: Pod, pods: readonly Pod[]): Promise<readonly string[]> => {
  if (pod.status?.reason !== 'NodePorts') return [];
  const { takenHostPorts } = await import('@solo-kubelet/reconciler');
  const others = pods.filter(
    ({ metadata, status }) => metadata.uid !== pod.metadata.uid && status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
  );
  return takenHostPorts(pod, others).map(({ port, protocol, by }) =>
    field('', `hostPort ${port}/${protocol} is taken by pod ${by.metadata.namespace ?? DEFAULT_NAMESPACE}/${by.metadata.name}`),
  );
};

export const describePod = (pod: Pod, manifestLines: readonly string[], events: string, refusedFor: readonly string[] = []): string => {
  const { metadata, spec, status } = pod;
  const containers = (title: string, list: readonly Container[] | undefined, statuses: readonly ContainerStatus[] | undefined): string =>
    list === undefined || list.length === 0
      ? ''
      : `${title}:\n${list
          .map((container) =>
            describeContainer(
              container,
              statuses?.find(({ name }) => name === container.name),
            ),
          )
          .join('')}`;
  const conditions = (status?.conditions ?? []).map(({ type, status: value, reason }) => [`  ${type}`, value ?? '', reason ?? '']);
  return [
    field('Name', metadata?.name ?? ''),
    field('Namespace', metadata?.namespace ?? ''),
    field('UID', metadata?.uid ?? ''),
    ...manifestLines,
    ...(spec?.priority === undefined ? [] : [field('Priority', String(spec.priority))]),
    field('Node', spec?.nodeName ?? '<none>'),
    field('Start Time', status?.startTime ?? '<unknown>'),
    mapLines('Labels', metadata?.labels, '='),
    mapLines('Annotations', metadata?.annotations, ': ', indented),
    field('Status', status?.phase ?? 'Unknown'),
    ...(status?.reason ? [field('Reason', status.reason)] : []),
    ...(status?.message ? [field('Message', status.message)] : []),
    ...refusedFor,
    field('IP', status?.podIP ?? ''),
    ...(status?.podIPs?.length ? [`IPs:\n`, ...status.podIPs.map(({ ip }) => field('IP', ip ?? '', 2))] : []),
    ownerLines(metadata?.ownerReferences),
    containers('Init Containers', spec?.initContainers, status?.initContainerStatuses),
    containers('Containers', spec?.containers, status?.containerStatuses),
    containers('Ephemeral Containers', spec?.ephemeralContainers, status?.ephemeralContainerStatuses),
    conditions.length === 0 ? '' : `Conditions:\n${formatTable(['  Type', 'Status', 'Reason'], conditions).replace(/(?<! ) +$/gm, '')}`,
    describeVolumes(pod),
    field('QoS Class', status?.qosClass ?? podQosClass(pod)),
    mapLines('Node-Selectors', spec?.nodeSelector, '='),
    events,
  ].join('');
};

const describeContainer = (container: Container, status: ContainerStatus | undefined): string => {
  const {
    name = '',
    image = '',
    command,
    args,
    ports,
    resources,
    env,
    volumeMounts,
    livenessProbe,
    readinessProbe,
    startupProbe,
  } = container;
  const line = (label: string, value: string): string => field(label, value, 4);
  const list = (label: string, values: readonly string[] | undefined): string =>
    values?.length ? `    ${label}:\n${values.map((value) => `      ${value}\n`).join('')}` : '';
  const probe = (label: string, value: Probe | undefined): string => (value ? line(label, probeText(value)) : '');
  return [
    `  ${name}:\n`,
    line('Container ID', status?.containerID ?? ''),
    line('Image', image),
    line('Image ID', status?.imageID ?? ''),
    line(
      ports?.length === 1 ? 'Port' : 'Ports',
      ports?.length
        ? ports.map((port) => `${port.containerPort}/${port.protocol ?? 'TCP'}${port.name ? ` (${port.name})` : ''}`).join(', ')
        : '<none>',
    ),
    line(
      ports?.length === 1 ? 'Host Port' : 'Host Ports',
      ports?.length ? ports.map((port) => `${port.hostPort ?? 0}/${port.protocol ?? 'TCP'}`).join(', ') : '<none>',
    ),
    list('Command', command),
    list('Args', args),
    describeState('State', status?.state),
    status?.lastState && Object.keys(status.lastState).length > 0 ? describeState('Last State', status.lastState) : '',
    line('Ready', status?.ready ? 'True' : 'False'),
    line('Restart Count', String(status?.restartCount ?? 0)),
    list('Limits', resources?.limits && Object.entries(resources.limits).map(([key, value]) => `${key}: ${value}`)),
    list('Requests', resources?.requests && Object.entries(resources.requests).map(([key, value]) => `${key}: ${value}`)),
    probe('Liveness', livenessProbe),
    probe('Readiness', readinessProbe),
    probe('Startup', startupProbe),
    // Values are left out on purpose: they are often secrets, and a description is often pasted.
    list(
      'Environment',
      env?.map(
        ({ name: variable, value, valueFrom }) =>
          `${variable}: ${valueFrom ? `from ${Object.keys(valueFrom)[0]}` : value === undefined ? '' : '<set>'}`,
      ),
    ),
    list(
      'Mounts',
      volumeMounts?.map(
        (mount) =>
          `${mount.mountPath} from ${mount.name} (${mount.readOnly ? 'ro' : 'rw'}${mount.subPath ? `,path="${mount.subPath}"` : ''})`,
      ),
    ),
  ].join('');
};

const describeState = (label: string, state: ContainerState | undefined): string => {
  const { waiting, running, terminated } = state ?? {};
  const line = (name: string, value: string | number | undefined): string =>
    value === undefined || value === '' ? '' : field(name, String(value), 6);
  if (running) return `${field(label, 'Running', 4)}${line('Started', running.startedAt)}`;
  if (terminated) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = terminated;
    return [
      field(label, 'Terminated', 4),
      line('Reason', reason),
      line('Message', message?.trimEnd()),
      line('Exit Code', exitCode),
      signal ? line('Signal', signal) : '',
      line('Started', startedAt),
      line('Finished', finishedAt),
    ].join('');
  }
  return `${field(label, 'Waiting', 4)}${line('Reason', waiting?.reason)}${line('Message', waiting?.message)}`;
};

const probeText = ({
  exec,
  httpGet,
  tcpSocket,
  grpc,
  initialDelaySeconds = 0,
  timeoutSeconds = 1,
  periodSeconds = 10,
  successThreshold = 1,
  failureThreshold = 3,
}: Probe): string => {
  const how = exec
    ? `exec [${(exec.command ?? []).join(' ')}]`
    : httpGet
      ? `http-get ${(httpGet.scheme ?? 'HTTP').toLowerCase()}://${httpGet.host ?? ''}:${httpGet.port}${httpGet.path ?? '/'}`
      : tcpSocket
        ? `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port}`
        : grpc
          ? `grpc <pod>:${grpc.port} ${grpc.service ?? ''}`
          : 'unknown';
  return `${how} delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s #success=${successThreshold} #failure=${failureThreshold}`;
};

const describeVolumes = ({ spec }: Pod): string => {
  if (!spec?.volumes?.length) return '';
  const lines = spec.volumes.map(({ name, ...source }) => {
    const [kind = '', detail] = Object.entries(source)[0] ?? [];
    const facts = Object.entries((detail ?? {}) as Record<string, unknown>)
      .filter(([, value]) => typeof value !== 'object')
      .map(([key, value]) => field(`  ${key}`, String(value), 2));
    return `  ${name}:\n${field('Type', kind, 4)}${facts.join('')}`;
  });
  return `Volumes:\n${lines.join('')}`;
};
