import { qualifiedNameErrors } from '../validation/grammar.js';

const HUGE_PAGES = 'hugepages-';

/** `hugepages-<size>`, e.g. `hugepages-2Mi`. */
export const isHugePagesName = (name: string): boolean => name.startsWith(HUGE_PAGES);

/** The page size in the name of a hugepages resource, e.g. `2Mi`. */
export const hugePageSize = (name: string): string => name.slice(HUGE_PAGES.length);

/** A resource of Kubernetes' own: no prefix, or one of kubernetes.io. */
export const isNativeName = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

/** Whether a limit may exceed the request: so for all native resources but huge pages. */
export const isOvercommitAllowed = (name: string): boolean => isNativeName(name) && !isHugePagesName(name);

const QUOTA_PREFIX = 'requests.';

/** A resource of a vendor, such as `example.com/gpu`, whose name would also do in a quota. */
export const isExtendedName = (name: string): boolean =>
  !isNativeName(name) && !name.startsWith(QUOTA_PREFIX) && qualifiedNameErrors(`${QUOTA_PREFIX}${name}`).length === 0;

const COUNTED = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];
const MEASURED = ['cpu', 'memory', 'ephemeral-storage', 'storage'];
const STANDARD: ReadonlySet<string> = new Set([
  ...COUNTED,
  ...MEASURED,
  ...MEASURED.map((name) => `requests.${name}`),
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]);

/** A name without a prefix that Kubernetes knows, quotas included. */
export const isStandardName = (name: string): boolean =>
  STANDARD.has(name) || isHugePagesName(name) || name.startsWith(`${QUOTA_PREFIX}${HUGE_PAGES}`);

/** A name without a prefix that a container may ask for. */
export const isStandardContainerName = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || isHugePagesName(name);

/** A resource that comes in whole numbers. */
export const isIntegerName = (name: string): boolean => COUNTED.includes(name) || isExtendedName(name);

/** A resource that `spec.resources` may hold. */
export const isPodLevelName = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePagesName(name);
