import type { ApiResource } from './api-resource.js';
import { resources } from './resource-table.js';

/** The resources of a server, and how they are found. */
export interface ResourceCatalog {
  /** By group and name. */
  readonly resources: readonly ApiResource[];
  /** The groups but the one without a name, in the order that clients should try them. */
  readonly groupNames: readonly string[];
  find(group: string, version: string, plural: string): ApiResource | undefined;
  /** Whether any version of a group is served. */
  hasGroup(group: string): boolean;
  /** Whether a group version is served at all. */
  hasGroupVersion(group: string, version: string): boolean;
}

/** The groups in the order of upstream; others come behind them. */
const GROUP_ORDER = [
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'apps',
];

export const createCatalog = (served: readonly ApiResource[]): ResourceCatalog => {
  const byPath = new Map(served.map((resource) => [`${resource.group}/${resource.version}/${resource.plural}`, resource]));
  const groupVersions = new Set(served.map(({ group, version }) => `${group}/${version}`));
  const groups = new Set(served.map(({ group }) => group));
  groups.delete('');
  return {
    resources: served,
    groupNames: [...GROUP_ORDER.filter((group) => groups.has(group)), ...[...groups].filter((group) => !GROUP_ORDER.includes(group))],
    find: (group, version, plural) => byPath.get(`${group}/${version}/${plural}`),
    hasGroup: (group) => group === '' || groups.has(group),
    hasGroupVersion: (group, version) => groupVersions.has(`${group}/${version}`),
  };
};

/** Everything that this package knows. */
export const fullCatalog: ResourceCatalog = createCatalog(resources);

/** What an API server of Kubernetes has by itself: Gateway API comes as definitions of resources, which a cluster may lack. */
const ownCatalog: ResourceCatalog = createCatalog(resources.filter(({ group }) => group !== 'gateway.networking.k8s.io'));

export const catalogOf = ({ catalog = ownCatalog }: { readonly catalog?: ResourceCatalog }): ResourceCatalog => catalog;
