import { type ApiResource, groupVersion } from '../resources/api-resource.js';
import type { ResourceCatalog } from '../resources/resource-catalog.js';

const versionsOf = ({ resources }: ResourceCatalog, group: string): readonly string[] => [
  ...new Set(resources.filter((each) => each.group === group).map(({ version }) => version)),
];

const groupDocument = (catalog: ResourceCatalog, name: string) => {
  const versions = versionsOf(catalog, name).map((version) => ({ groupVersion: groupVersion({ group: name, version }), version }));
  return { name, versions, preferredVersion: versions[0]! };
};

/** `/apis`. */
export const apiGroupList = (catalog: ResourceCatalog) => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: catalog.groupNames.map((name) => groupDocument(catalog, name)),
});

/** `/apis/GROUP`. */
export const apiGroup = (catalog: ResourceCatalog, name: string) => ({
  kind: 'APIGroup',
  apiVersion: 'v1',
  ...groupDocument(catalog, name),
});

/** `/api`; the address is where the client got through. */
export const apiVersions = (host: string) => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
});

const resourceEntries = (resource: ApiResource): readonly object[] => {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
    },
    ...resource.subresources.map((sub) => ({
      name: `${plural}/${sub.name}`,
      singularName: '',
      namespaced,
      ...(sub.group !== undefined && { group: sub.group, version: sub.version }),
      kind: sub.kind ?? kind,
      verbs: sub.verbs,
    })),
  ];
};

/** `/api/v1` and `/apis/GROUP/VERSION`. */
export const apiResourceList = ({ resources }: ResourceCatalog, group: string, version: string) => ({
  kind: 'APIResourceList',
  ...(group !== '' && { apiVersion: 'v1' }),
  groupVersion: groupVersion({ group, version }),
  resources: resources.filter((each) => each.group === group && each.version === version).flatMap(resourceEntries),
});

const kindOf = (kind: string, group = '', version = '') => ({ group, version, kind });

const aggregatedResource = (resource: ApiResource): object => ({
  resource: resource.plural,
  responseKind: kindOf(resource.kind),
  scope: resource.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: resource.singular,
  verbs: resource.verbs,
  ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
  ...(resource.categories.length > 0 && { categories: resource.categories }),
  ...(resource.subresources.length > 0 && {
    subresources: resource.subresources.map((sub) => ({
      subresource: sub.name,
      responseKind: kindOf(sub.kind ?? resource.kind, sub.group, sub.version),
      verbs: sub.verbs,
    })),
  }),
});

const aggregatedGroup = (catalog: ResourceCatalog, group: string): object => ({
  metadata: { ...(group !== '' && { name: group }), creationTimestamp: null },
  versions: versionsOf(catalog, group).map((version) => ({
    version,
    resources: catalog.resources.filter((each) => each.group === group && each.version === version).map(aggregatedResource),
    freshness: 'Current',
  })),
});

/** `/api` and `/apis` in one document each, as clients of 1.26 and later want them. */
export const aggregated = (catalog: ResourceCatalog, path: 'api' | 'apis') => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: (path === 'api' ? [''] : catalog.groupNames).map((group) => aggregatedGroup(catalog, group)),
});

/** `/openapi/v3`: where the documents of the group versions are. */
export const openApiIndex = (catalog: ResourceCatalog, hashOf: (path: string) => string) => {
  const paths = [
    'api',
    'api/v1',
    'apis',
    ...catalog.groupNames.flatMap((group) => [`apis/${group}`, ...versionsOf(catalog, group).map((version) => `apis/${group}/${version}`)]),
    'version',
  ];
  return { paths: Object.fromEntries(paths.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(path)}` }])) };
};
