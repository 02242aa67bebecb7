import { findObjectKind } from '@solo-kubelet/object-spec/kinds';
import type { Pod } from '@solo-kubelet/pod-spec';
import { CliError } from '../cli-error.js';
import { allContainers, findPod } from './find-pod.js';
import type { Abortable, NodeApiObject, NodeClient } from './node-client.js';

/** The pod that a command means, and the Service by which it was named, if it was. */
export interface MeantPod {
  readonly pod: Pod;
  readonly service?: NodeApiObject;
}

/** The pod meant by POD, KIND/NAME of what made it, or svc/NAME of a Service that selects it, as kubectl has it. @throws CliError CLI_NOT_FOUND */
export const findMeantPod = async (
  name: string,
  namespace: string,
  { client, signal }: Abortable & { readonly client: Pick<NodeClient, 'listPods' | 'listObjects'> },
): Promise<MeantPod> => {
  const pods = await client.listPods({ signal });
  const [kindName = '', serviceName = ''] = name.split('/', 2);
  if (!name.includes('/') || findObjectKind(kindName.split('.', 1)[0] ?? '')?.kind !== 'Service')
    return { pod: findPod(pods, name, namespace) };
  const service = (await client.listObjects({ signal })).find(
    ({ kind, metadata }) => kind === 'Service' && metadata.name === serviceName && (metadata.namespace ?? 'default') === namespace,
  );
  if (service === undefined)
    throw new CliError({
      code: 'CLI_NOT_FOUND',
      message: `services "${serviceName}" not found in namespace "${namespace}"`,
      hint: 'List them with: kubelet-cli get services -A',
    });
  return { pod: podOfService(service, pods, namespace), service };
};

/** A pod that a Service selects: a ready one if there is one. @throws CliError CLI_NOT_FOUND */
export const podOfService = (service: NodeApiObject, pods: readonly Pod[], namespace: string): Pod => {
  const { name } = service.metadata;
  const selector = Object.entries((service.spec?.['selector'] ?? {}) as Readonly<Record<string, string>>);
  if (selector.length === 0)
    throw new CliError({
      code: 'CLI_NOT_FOUND',
      message: `service/${name} selects no pods: it has no selector`,
      hint: 'Name a pod instead: kubelet-cli get pods -A',
    });
  const selected = pods.filter(
    ({ metadata }) => metadata.namespace === namespace && selector.every(([key, value]) => metadata.labels?.[key] === value),
  );
  const found = selected.find(isReady) ?? selected.find(({ status }) => status?.phase === 'Running') ?? selected[0];
  if (found !== undefined) return found;
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `service/${name} selects no pod that is there`,
    hint: `List those that it would: kubelet-cli get pods -n ${namespace} -l ${selector.map(([key, value]) => `${key}=${value}`).join(',')}`,
  });
};

const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined && status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;

interface ServicePort {
  readonly name?: string;
  readonly port?: number;
  readonly targetPort?: number | string;
}

/** What a port of a Service, by number or name, is at a pod. @throws CliError CLI_USAGE */
export const targetPortOf = (service: NodeApiObject, pod: Pod, text: string): { readonly port: number; readonly target: number } => {
  const { ports = [], clusterIP } = (service.spec ?? {}) as { readonly ports?: readonly ServicePort[]; readonly clusterIP?: string };
  const found = ports.find(({ name, port }) => String(port) === text || (name !== undefined && name === text));
  if (found?.port === undefined)
    throw new CliError({
      code: 'CLI_USAGE',
      message: `service/${service.metadata.name} does not have a service port ${text}`,
      hint: `It has: ${ports.map(({ name, port }) => (name ? `${port} (${name})` : port)).join(', ') || 'none'}`,
    });
  const { port, targetPort } = found;
  if (clusterIP === 'None') return { port, target: port };
  if (typeof targetPort !== 'string' || /^\d+$/.test(targetPort)) return { port, target: Number(targetPort) || port };
  const named = allContainers(pod)
    .flatMap((container) => container.ports ?? [])
    .find(({ name }) => name === targetPort);
  if (named?.containerPort !== undefined) return { port, target: named.containerPort };
  throw new CliError({
    code: 'CLI_USAGE',
    message: `pod ${pod.metadata.name} has no port named ${targetPort}, which port ${text} of service/${service.metadata.name} leads to`,
  });
};
