import { ApiError, fullCatalog, type RequestInfo } from '@solo-kubelet/api-server';
import { nodeCatalog } from './node-catalog.js';

/** What to do instead, by `resource.group`. */
const INSTEAD: Readonly<Record<string, string>> = {
  'horizontalpodautoscalers.autoscaling': 'nothing here scales by load; "kubectl scale" sets the number of replicas',
  'certificatesigningrequests.certificates.k8s.io': 'the CA of the node signs with "kubelet-cli kubeconfig --user NAME"',
  resourcequotas: 'there are no quotas on one node',
  'customresourcedefinitions.apiextensions.k8s.io': 'it takes no new kinds',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': 'it asks no webhooks',
  'validatingwebhookconfigurations.admissionregistration.k8s.io': 'it asks no webhooks',
  podtemplates: 'a Deployment, Job or other workload has its own template',
  'apiservices.apiregistration.k8s.io': 'it has no extension servers',
};

const known: ReadonlySet<string> = new Set([
  ...fullCatalog.resources.map(({ group, plural }) => (group === '' ? plural : `${plural}.${group}`)),
  ...Object.keys(INSTEAD),
]);
const served: ReadonlySet<string> = new Set(
  nodeCatalog.resources.map(({ group, plural }) => (group === '' ? plural : `${plural}.${group}`)),
);

/**
 * Why a resource of Kubernetes is not there on this node, for clients that ask for it without having looked (`kubectl autoscale`, `kubectl create
 * quota`); undefined for one that is there, and for one that Kubernetes does not have either.
 */
export const absenceOf = ({
  isResource,
  group,
  resource,
}: Pick<RequestInfo, 'isResource' | 'group' | 'resource'>): ApiError | undefined => {
  const name = group === '' ? resource : `${resource}.${group}`;
  if (!isResource || served.has(name) || !known.has(name)) return undefined;
  const instead = Object.hasOwn(INSTEAD, name) ? `: ${INSTEAD[name]}` : '';
  return new ApiError({
    code: 404,
    reason: 'NotFound',
    message: `this node has no ${name}${instead} ("kubectl api-resources" lists what it has)`,
    details: { kind: resource, ...(group !== '' && { group }) },
  });
};
