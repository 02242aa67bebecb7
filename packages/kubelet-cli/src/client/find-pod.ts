import { findObjectKind } from '@solo-kubelet/object-spec/kinds';
import type { Container, OwnerReference, Pod } from '@solo-kubelet/pod-spec';
import { CliError } from '../cli-error.js';

/** A Deployment makes its Pods by ReplicaSets, a CronJob by Jobs, whose names are its own with a hash or a time behind it. */
const isMeant = (owner: OwnerReference, kind: string | undefined, name: string): boolean =>
  (owner.kind === kind && owner.name === name) ||
  (owner.kind === VIA[kind ?? ''] && owner.name.slice(0, owner.name.lastIndexOf('-')) === name);

const VIA: Readonly<Record<string, string>> = { Deployment: 'ReplicaSet', CronJob: 'Job' };

/** The pod meant by `deployment/web`: one that the workload made, a running one if there is one, of a CronJob the last. @throws CliError CLI_NOT_FOUND */
const podOfWorkload = (pods: readonly Pod[], text: string, namespace: string): Pod => {
  const [kindName = '', name = ''] = text.split('/', 2);
  const kind = findObjectKind(kindName.split('.', 1)[0] ?? '')?.kind;
  if (kind === undefined)
    throw new CliError({
      code: 'CLI_USAGE',
      message: `there is no kind ${JSON.stringify(kindName)}`,
      hint: `Write POD, or what made it as deployment/web; -n ${kindName} if that is the namespace.`,
    });
  if (kind === 'Service')
    throw new CliError({
      code: 'CLI_USAGE',
      message: 'a Service cannot be named here',
      hint: 'exec, attach and port-forward take svc/NAME; elsewhere name a pod, or what made it as deployment/web.',
    });
  const all = pods.filter(
    ({ metadata }) => metadata?.namespace === namespace && metadata.ownerReferences?.some((owner) => isMeant(owner, kind, name)) === true,
  );
  const made = kind === 'CronJob' ? all.toSorted((a, b) => createdAt(b) - createdAt(a)) : all;
  const running = made.filter(({ status }) => status?.phase === 'Running');
  // While a rollout goes on, one that stays.
  const found = running.find(({ metadata }) => metadata.deletionTimestamp === undefined) ?? running[0] ?? made[0];
  if (found !== undefined) return found;
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `there is no pod of ${text} in namespace "${namespace}"`,
    hint: 'List workloads with: kubelet-cli get all -A',
  });
};

const createdAt = ({ metadata }: Pod): number => Date.parse(metadata.creationTimestamp ?? '') || 0;

/** The pod meant by `name`: its full name, or its manifest's name without the node suffix, or `KIND/NAME` of what made it. @throws CliError CLI_NOT_FOUND */
export const findPod = (pods: readonly Pod[], name: string, namespace: string): Pod => {
  if (/^pods?\//.test(name)) return findPod(pods, name.slice(name.indexOf('/') + 1), namespace);
  if (name.includes('/')) return podOfWorkload(pods, name, namespace);
  const inNamespace = pods.filter(({ metadata }) => metadata?.namespace === namespace);
  // The runtime alone does not know the node's name: then a name that only one pod starts with is clear enough.
  const suffixed = inNamespace.filter(
    ({ metadata, spec }) =>
      metadata?.name === `${name}-${spec?.nodeName?.toLowerCase()}` ||
      (spec?.nodeName === undefined && metadata?.name?.startsWith(`${name}-`)),
  );
  const found = inNamespace.find(({ metadata }) => metadata?.name === name) ?? (suffixed.length === 1 ? suffixed[0] : undefined);
  if (found) return found;
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `pod "${name}" not found in namespace "${namespace}"`,
    hint: hintFor(pods, name, namespace),
  });
};

/** Where a Pod may be that was asked for by a wrong name, or the first part of it. */
const hintFor = (pods: readonly Pod[], name: string, namespace: string): string => {
  const alike = pods.filter(({ metadata }) => name !== '' && (metadata?.name === name || metadata?.name?.startsWith(`${name}-`)));
  const here = alike.find(({ metadata }) => metadata?.namespace === namespace);
  if (here !== undefined) return `Did you mean ${here.metadata?.name}?`;
  const [elsewhere] = alike;
  return elsewhere === undefined
    ? 'List them with: kubelet-cli get pods -A'
    : `There is one in namespace "${elsewhere.metadata?.namespace}": add -n ${elsewhere.metadata?.namespace}.`;
};

const DEFAULT_CONTAINER_ANNOTATION = 'kubectl.kubernetes.io/default-container';

export const allContainers = ({ spec }: Pod): readonly Container[] => [
  ...(spec?.initContainers ?? []),
  ...(spec?.containers ?? []),
  ...(spec?.ephemeralContainers ?? []),
];

/** The container meant: the named one, else the annotated default, else the first. @throws CliError CLI_NOT_FOUND */
export const findContainer = (pod: Pod, name: string | undefined): string => {
  const names = allContainers(pod).map((container) => container.name ?? '');
  const wanted = name ?? pod.metadata?.annotations?.[DEFAULT_CONTAINER_ANNOTATION] ?? pod.spec?.containers?.[0]?.name ?? names[0] ?? '';
  if (names.includes(wanted)) return wanted;
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `container "${wanted}" not found in pod "${pod.metadata?.name}"`,
    hint: `It has: ${names.join(', ')}`,
  });
};
