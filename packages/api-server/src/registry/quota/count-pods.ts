import { type Pod, podLimits, podRequests } from '@solo-kubelet/pod-spec';
import { recordedQosClass } from '../../resources/qos-class.js';
import type { StoredObject, Values } from '../../stored-object.js';
import { type Amounts, addAmounts } from './amounts.js';
import { type Counter, selectsValue } from './counter.js';

const COUNT = 'count/pods';
const MEASURED = ['cpu', 'memory', 'ephemeral-storage'];
const NAMES = [COUNT, 'pods', ...MEASURED.flatMap((name) => [name, `requests.${name}`, `limits.${name}`])];
/** Where a quota has one of these, each container must say how much it wants. */
const REQUIRED = ['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]);
const HUGE = 'hugepages-';
const DEVICE_CLASS = 'deviceclass.resource.kubernetes.io/';

const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');

const isExtendedQuota = (name: string): boolean =>
  name.startsWith(`requests.${DEVICE_CLASS}`) || (name.startsWith('requests.') && name.includes('/') && !name.includes('kubernetes.io/'));

/** Amounts by the names of quotas. */
const quotaAmounts = (requests: Amounts, limits: Amounts): Amounts => {
  const found: Record<string, string> = { pods: '1' };
  for (const name of MEASURED) {
    const [request, limit] = [requests[name], limits[name]];
    if (request !== undefined) Object.assign(found, { [name]: request, [`requests.${name}`]: request });
    if (limit !== undefined) found[`limits.${name}`] = limit;
  }
  for (const [name, request] of Object.entries(requests)) {
    if (name.startsWith(HUGE)) Object.assign(found, { [name]: request, [`requests.${name}`]: request });
    if (isExtended(name) || name.startsWith(DEVICE_CLASS)) found[`requests.${name}`] = request;
  }
  return found;
};

const hasEnded = ({ metadata, status = {} }: StoredObject): boolean =>
  status['phase'] === 'Failed' || status['phase'] === 'Succeeded' || metadata.deletionGracePeriodSeconds === 0;

const isTerminating = ({ spec = {} }: StoredObject): boolean => Number(spec['activeDeadlineSeconds'] ?? -1) >= 0;

const isBestEffort = (pod: StoredObject): boolean => recordedQosClass(pod as unknown as Pod) === 'BestEffort';

const crossesNamespaces = ({ spec = {} }: StoredObject): boolean => {
  const affinity = (spec['affinity'] ?? {}) as Values;
  return ['podAffinity', 'podAntiAffinity'].some((name) => {
    const kind = (affinity[name] ?? {}) as Values;
    const required = (kind['requiredDuringSchedulingIgnoredDuringExecution'] ?? []) as readonly Values[];
    const preferred = (kind['preferredDuringSchedulingIgnoredDuringExecution'] ?? []) as readonly Values[];
    return [...required, ...preferred.map(({ podAffinityTerm }) => (podAffinityTerm ?? {}) as Values)].some(
      ({ namespaces, namespaceSelector }) =>
        ((namespaces ?? []) as readonly string[]).length > 0 || (namespaceSelector !== undefined && namespaceSelector !== null),
    );
  });
};

const priorityClasses = ({ spec = {} }: StoredObject): readonly string[] =>
  [spec['priorityClassName']].filter((name): name is string => typeof name === 'string' && name !== '');

const SCOPES: Readonly<Record<string, (pod: StoredObject) => boolean>> = {
  Terminating: isTerminating,
  NotTerminating: (pod) => !isTerminating(pod),
  BestEffort: isBestEffort,
  NotBestEffort: (pod) => !isBestEffort(pod),
  CrossNamespacePodAffinity: crossesNamespaces,
};

const hasOwnResources = ({ spec = {} }: StoredObject): boolean => {
  const { requests = {}, limits = {} } = (spec['resources'] ?? {}) as { requests?: Amounts; limits?: Amounts };
  return [...Object.keys(requests), ...Object.keys(limits)].some((name) => name === 'cpu' || name === 'memory' || name.startsWith(HUGE));
};

const missing = (pod: StoredObject, names: readonly string[]): string | undefined => {
  if (hasOwnResources(pod)) return undefined;
  const wanted = REQUIRED.filter((name) => names.includes(name)).sort();
  const containers = ['containers', 'initContainers'].flatMap((name) => (pod.spec?.[name] ?? []) as readonly Values[]);
  const lacks = wanted.flatMap((name) => {
    const without = containers.filter((container) => {
      const { requests = {}, limits = {} } = (container['resources'] ?? {}) as { requests?: Amounts; limits?: Amounts };
      return quotaAmounts(requests, limits)[name] === undefined;
    });
    const shown = [...new Set(without.map((container) => String(container['name'])))].sort().join(',');
    return without.length === 0 ? [] : [`${name} for: ${shown}`];
  });
  return lacks.length === 0 ? undefined : `must specify ${lacks.join('; ')}`;
};

export const countPods: Counter = {
  countedNames: (names) =>
    names.filter((name) => NAMES.includes(name) || name.startsWith(HUGE) || name.startsWith(`requests.${HUGE}`) || isExtendedQuota(name)),
  isInScope: (pod, scope) => {
    if (scope.scopeName !== 'PriorityClass') return SCOPES[scope.scopeName]?.(pod) ?? false;
    return scope.operator === 'Exists' ? priorityClasses(pod).length > 0 : selectsValue(scope, priorityClasses(pod));
  },
  usage: (pod) => {
    if (hasEnded(pod)) return { [COUNT]: '1' };
    const whole = pod as unknown as Pod;
    return addAmounts({ [COUNT]: '1' }, quotaAmounts(podRequests(whole), podLimits(whole)));
  },
  refusal: missing,
  countsUpdate: (updated, old, subresource) =>
    subresource === 'resize' || (subresource === '' && isTerminating(updated) !== isTerminating(old)),
};
