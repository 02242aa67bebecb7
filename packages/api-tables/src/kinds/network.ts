import { ageOf } from '../age.js';
import { firstAndMore, formatLabels, hostPort, loadBalancerText, selectorAt } from '../cell-text.js';
import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../column.js';
import type { KindTable } from '../kind-table.js';
import {
  fieldAt,
  isJsonObject,
  listAt,
  mapAt,
  nameOf,
  numberAt,
  optionalNumberAt,
  optionalTextAt,
  textAt,
  textsAt,
} from '../read-field.js';

const SHOWN = 3;

export const serviceTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Type',
      'string',
      'type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ExternalName, ClusterIP, NodePort, and LoadBalancer. "ClusterIP" allocates a cluster-internal IP address for load-balancing to endpoints. Endpoints are determined by the selector or if that is not specified, by manual construction of an Endpoints object or EndpointSlice objects. If clusterIP is "None", no virtual IP is allocated and the endpoints are published as a set of endpoints rather than a virtual IP. "NodePort" builds on ClusterIP and allocates a port on every node which routes to the same endpoints as the clusterIP. "LoadBalancer" builds on NodePort and creates an external load-balancer (if supported in the current cloud) which routes to the same endpoints as the clusterIP. "ExternalName" aliases this service to the specified externalName. Several other fields do not apply to ExternalName services. More info: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types',
    ),
    column(
      'Cluster-IP',
      'string',
      'clusterIP is the IP address of the service and is usually assigned randomly. If an address is specified manually, is in-range (as per system configuration), and is not in use, it will be allocated to the service; otherwise creation of the service will fail. This field may not be changed through updates unless the type field is also being changed to ExternalName (which requires this field to be blank) or the type field is being changed from ExternalName (in which case this field may optionally be specified, as describe above).  Valid values are "None", empty string (""), or a valid IP address. Setting this to "None" makes a "headless service" (no virtual IP), which is useful when direct endpoint connections are preferred and proxying is not required.  Only applies to types ClusterIP, NodePort, and LoadBalancer. If this field is specified when creating a Service of type ExternalName, creation will fail. This field will be wiped when updating a Service to type ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
    ),
    column(
      'External-IP',
      'string',
      'externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.  These IPs are not managed by Kubernetes.  The user is responsible for ensuring that traffic arrives at a node with this IP.  A common example is external load-balancers that are not part of the Kubernetes system.',
    ),
    column(
      'Port(s)',
      'string',
      'The list of ports that are exposed by this service. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
    ),
    AGE_COLUMN,
    wideColumn(
      'Selector',
      'string',
      'Route service traffic to pods with label keys and values matching this selector. If empty or not present, the service is assumed to have an external process managing its endpoints, which Kubernetes will not modify. Only applies to types ClusterIP, NodePort, and LoadBalancer. Ignored if type is ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/',
    ),
  ],
  cells: (service, { nowMs, wide }) => [
    nameOf(service),
    textAt(service, 'spec', 'type'),
    listAt(service, 'spec', 'clusterIPs').length > 0 ? (textsAt(service, 'spec', 'clusterIPs')[0] ?? '') : '<none>',
    externalIp(service, wide),
    listAt(service, 'spec', 'ports').map(servicePort).join(',') || '<none>',
    ageOf(service, nowMs),
    formatLabels(mapAt(service, 'spec', 'selector')),
  ],
};

const externalIp = (service: unknown, wide: boolean): string => {
  const externalIps = textsAt(service, 'spec', 'externalIPs');
  switch (textAt(service, 'spec', 'type')) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIps.length > 0 ? externalIps.join(',') : '<none>';
    case 'LoadBalancer': {
      const balancer = loadBalancerText(service, wide);
      return [...(balancer === '' ? [] : [balancer]), ...externalIps].join(',') || '<pending>';
    }
    case 'ExternalName':
      return textAt(service, 'spec', 'externalName');
    default:
      return '<unknown>';
  }
};

const servicePort = (port: unknown): string => {
  const nodePort = numberAt(port, 'nodePort');
  return `${numberAt(port, 'port')}${nodePort > 0 ? `:${nodePort}` : ''}/${textAt(port, 'protocol')}`;
};

export const endpointsTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Endpoints',
      'string',
      'The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to the IPs they share. A single address with multiple ports, some of which are ready and some of which are not (because they come from different containers) will result in the address being displayed in different subsets for the different ports. No address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of addresses and ports that comprise a service.',
    ),
    AGE_COLUMN,
  ],
  cells: (endpoints, { nowMs }) => {
    const subsets = listAt(endpoints, 'subsets');
    return [
      nameOf(endpoints),
      subsets.length === 0 ? '<none>' : firstAndMore(subsets.flatMap(subsetAddresses), SHOWN, ','),
      ageOf(endpoints, nowMs),
    ];
  },
};

/** Every address with every port; the address alone where a headless service has no ports. */
const subsetAddresses = (subset: unknown): readonly string[] => {
  const ips = listAt(subset, 'addresses').map((address) => textAt(address, 'ip'));
  const ports = listAt(subset, 'ports');
  return ports.length === 0 ? ips : ports.flatMap((port) => ips.map((ip) => hostPort(ip, numberAt(port, 'port'))));
};

export const endpointSliceTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'AddressType',
      'string',
      'addressType specifies the type of address carried by this EndpointSlice. All addresses in this slice must be the same type. This field is immutable after creation. The following address types are currently supported: * IPv4: Represents an IPv4 Address. * IPv6: Represents an IPv6 Address. * FQDN: Represents a Fully Qualified Domain Name. (Deprecated) The EndpointSlice controller only generates, and kube-proxy only processes, slices of addressType "IPv4" and "IPv6". No semantics are defined for the "FQDN" type.',
    ),
    column(
      'Ports',
      'string',
      'ports specifies the list of network ports exposed by each endpoint in this slice. Each port must have a unique name. Each slice may include a maximum of 100 ports. Services always have at least 1 port, so EndpointSlices generated by the EndpointSlice controller will likewise always have at least 1 port. EndpointSlices used for other purposes may have an empty ports list.',
    ),
    column(
      'Endpoints',
      'string',
      'endpoints is a list of unique endpoints in this slice. Each slice may include a maximum of 1000 endpoints.',
    ),
    AGE_COLUMN,
  ],
  cells: (slice, { nowMs }) => [
    nameOf(slice),
    textAt(slice, 'addressType'),
    firstAndMore(listAt(slice, 'ports').map(slicePort), SHOWN, ',') || '<unset>',
    firstAndMore(
      listAt(slice, 'endpoints').flatMap((endpoint) => textsAt(endpoint, 'addresses')),
      SHOWN,
      ',',
    ) || '<unset>',
    ageOf(slice, nowMs),
  ],
};

const slicePort = (port: unknown): string => String(optionalNumberAt(port, 'port') ?? optionalTextAt(port, 'name') ?? '*');

export const ingressTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Class', 'string', 'The name of the IngressClass resource that should be used for additional configuration'),
    column('Hosts', 'string', 'Hosts that incoming requests are matched against before the ingress rule'),
    column('Address', 'string', 'Address is a list containing ingress points for the load-balancer'),
    column('Ports', 'string', 'Ports of TLS configurations that open'),
    AGE_COLUMN,
  ],
  cells: (ingress, { nowMs, wide }) => [
    nameOf(ingress),
    optionalTextAt(ingress, 'spec', 'ingressClassName') ?? '<none>',
    ingressHosts(listAt(ingress, 'spec', 'rules')),
    loadBalancerText(ingress, wide),
    listAt(ingress, 'spec', 'tls').length > 0 ? '80, 443' : '80',
    ageOf(ingress, nowMs),
  ],
};

/** Three hosts; what follows counts rules, with or without a host, and only if a rule is left once three hosts are found (formatHosts). */
const ingressHosts = (rules: readonly unknown[]): string => {
  const hosts: string[] = [];
  for (const rule of rules) {
    if (hosts.length === SHOWN) return `${hosts.join(',')} + ${rules.length - SHOWN} more...`;
    const host = textAt(rule, 'host');
    if (host !== '') hosts.push(host);
  }
  return hosts.join(',') || '*';
};

export const ingressClassTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Controller', 'string', 'Controller that is responsible for handling this class'),
    column('Parameters', 'string', 'A reference to a resource with additional parameters'),
    AGE_COLUMN,
  ],
  cells: (ingressClass, { nowMs }) => {
    const isDefault = textAt(ingressClass, 'metadata', 'annotations', 'ingressclass.kubernetes.io/is-default-class') === 'true';
    return [
      `${nameOf(ingressClass)}${isDefault ? ' (default)' : ''}`,
      textAt(ingressClass, 'spec', 'controller'),
      ingressClassParameters(fieldAt(ingressClass, 'spec', 'parameters')),
      ageOf(ingressClass, nowMs),
    ];
  },
};

const ingressClassParameters = (parameters: unknown): string => {
  if (!isJsonObject(parameters)) return '<none>';
  const group = optionalTextAt(parameters, 'apiGroup');
  return `${textAt(parameters, 'kind')}${group === undefined ? '' : `.${group}`}/${textAt(parameters, 'name')}`;
};

export const networkPolicyTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Pod-Selector',
      'string',
      "podSelector selects the pods to which this NetworkPolicy object applies. The array of rules is applied to any pods selected by this field. An empty selector matches all pods in the policy's namespace. Multiple network policies can select the same set of pods. In this case, the ingress rules for each are combined additively. This field is optional. If it is not specified, it defaults to an empty selector.",
    ),
    AGE_COLUMN,
  ],
  cells: (policy, { nowMs }) => [nameOf(policy), selectorAt(policy, 'spec', 'podSelector'), ageOf(policy, nowMs)],
};

export const gatewayClassTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Controller', 'string', 'Controller that is responsible for Gateways of this class'),
    column('Accepted', 'string', 'Whether the controller accepts this class'),
    AGE_COLUMN,
    wideColumn('Description', 'string', 'What this class is for'),
  ],
  cells: (gatewayClass, { nowMs }) => [
    nameOf(gatewayClass),
    textAt(gatewayClass, 'spec', 'controllerName'),
    conditionStatus(gatewayClass, 'Accepted'),
    ageOf(gatewayClass, nowMs),
    textAt(gatewayClass, 'spec', 'description'),
  ],
};

/** As the printer columns of Gateway API's definitions. */
export const gatewayTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Class', 'string', 'The GatewayClass in charge'),
    column('Address', 'string', 'Where requests come in'),
    column('Programmed', 'string', 'Whether it is in force'),
    AGE_COLUMN,
  ],
  cells: (gateway, { nowMs }) => [
    nameOf(gateway),
    textAt(gateway, 'spec', 'gatewayClassName'),
    listAt(gateway, 'status', 'addresses')
      .map((address) => textAt(address, 'value'))
      .join(','),
    conditionStatus(gateway, 'Programmed'),
    ageOf(gateway, nowMs),
  ],
};

const conditionStatus = (object: unknown, type: string): string =>
  listAt(object, 'status', 'conditions')
    .filter((condition) => textAt(condition, 'type') === type)
    .map((condition) => textAt(condition, 'status'))[0] ?? '';

export const httpRouteTable: KindTable = {
  columns: [NAME_COLUMN, column('Hostnames', 'string', 'Hosts that requests are matched against before the rules'), AGE_COLUMN],
  cells: (route, { nowMs }) => {
    const hosts = textsAt(route, 'spec', 'hostnames');
    return [nameOf(route), hosts.length === 0 ? '' : JSON.stringify(hosts), ageOf(route, nowMs)];
  },
};

export const referenceGrantTable: KindTable = {
  columns: [NAME_COLUMN, AGE_COLUMN],
  cells: (grant, { nowMs }) => [nameOf(grant), ageOf(grant, nowMs)],
};
