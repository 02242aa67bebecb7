import { type ApiResource, createCatalog, fullCatalog, metricsResources, type ResourceCatalog } from '@solo-kubelet/api-server';
import { kindsOfANode } from '@solo-kubelet/object-spec';

/** Kinds that live in files of the manifest directory. */
export const isFileKind = ({ group, kind }: Pick<ApiResource, 'group' | 'kind'>): boolean =>
  (group === '' && kind === 'Pod') || kindsOfANode.has(kind);

/** Kinds that the node makes, or that clients keep here while it runs. */
const OTHER_KINDS: ReadonlySet<string> = new Set(['Node', 'Event', 'Lease']);

/**
 * Kinds that nobody can make here and that clients expect to be able to list: `apply --prune` looks for each of them, and `cluster-info dump` for
 * replication controllers.
 */
const READ_ONLY: ReadonlySet<string> = new Set(['ControllerRevision', 'Endpoints', 'ReplicationController', 'Ingress']);

/** What answers questions and keeps nothing. */
const isReview = ({ group }: ApiResource): boolean => group === 'authentication.k8s.io' || group === 'authorization.k8s.io';

/** What can be written but makes no sense here: a Pod of this node needs no binding, and its status is the kubelet's. */
const HIDDEN_SUBRESOURCES: ReadonlySet<string> = new Set(['binding', 'proxy']);

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/**
 * A new Pod is no mirror: `kubectl debug --copy-to` copies the annotation of a Pod of a file along, and leaves the node's name out, which together
 * are refused in Kubernetes.
 */
const madeByClients = (rules: ApiResource['rules']): ApiResource['rules'] =>
  rules && {
    ...rules,
    create: (draft, warn) => {
      const { [MIRROR_ANNOTATION]: mirrored, ...annotations } = draft.metadata.annotations ?? {};
      if (mirrored !== undefined) draft.metadata.annotations = annotations;
      return rules.create(draft, warn);
    },
  };

const trimmed = (resource: ApiResource): ApiResource => {
  if (resource.kind === 'Node' && resource.group === '') return { ...resource, verbs: ['get', 'list', 'patch', 'update', 'watch'] };
  if (READ_ONLY.has(resource.kind) && !isFileKind(resource)) return { ...resource, verbs: ['get', 'list', 'watch'], subresources: [] };
  if (resource.kind !== 'Pod') return resource;
  return {
    ...resource,
    rules: madeByClients(resource.rules),
    subresources: resource.subresources.filter(({ name }) => !HIDDEN_SUBRESOURCES.has(name)),
  };
};

/** The resources of one node: what it carries out, what it makes, and reviews. Whatever else there is in Kubernetes is not there at all. */
export const nodeCatalog: ResourceCatalog = createCatalog(
  [
    ...fullCatalog.resources
      .filter((each) => isFileKind(each) || OTHER_KINDS.has(each.kind) || READ_ONLY.has(each.kind) || isReview(each))
      .map(trimmed),
    ...metricsResources,
  ].sort((a, b) => (a.group === b.group ? (a.plural < b.plural ? -1 : 1) : a.group < b.group ? -1 : 1)),
);
