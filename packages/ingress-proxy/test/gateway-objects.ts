import { type ApiObject, type EndpointSlice, parseObject, type Secret, type Service } from '@solo-kubelet/object-spec';
import { type AcmeState, certificateFault, computeRouteTable, type ProxyName, type RouteTableResult } from '../src/index.js';

const GATEWAY = 'gateway.networking.k8s.io/v1';

/** An object as an API server would keep it, with its defaults. @throws Error where it would be refused */
export const accepted = <T extends ApiObject['kind']>(apiVersion: string, kind: T, name: string, spec: object, metadata: object = {}) => {
  const text = JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'shop', ...metadata }, spec });
  const result = parseObject(text, { path: 'test.yaml', uid: `${kind}-${name}` });
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join('; '));
  return result.object as Extract<ApiObject, { readonly kind: T }>;
};

export const gatewayClass = accepted(GATEWAY, 'GatewayClass', 'solo', { controllerName: 'solo-kubelet.dev/gateway' });

export const gateway = (listeners: readonly object[], name = 'edge', more: object = {}, metadata: object = {}) =>
  accepted(GATEWAY, 'Gateway', name, { gatewayClassName: 'solo', listeners, ...more }, metadata);

export const httpRoute = (spec: object, name = 'web', metadata: object = {}) =>
  accepted(GATEWAY, 'HTTPRoute', name, { parentRefs: [{ name: 'edge' }], ...spec }, metadata);

export const grant = (from: readonly object[], to: readonly object[], namespace: string) =>
  accepted('gateway.networking.k8s.io/v1beta1', 'ReferenceGrant', 'allow', { from, to }, { namespace });

export interface GatewayWorld {
  readonly gateways: readonly ReturnType<typeof gateway>[];
  readonly routes?: readonly ReturnType<typeof httpRoute>[];
  readonly grants?: readonly ReturnType<typeof grant>[];
  readonly namespaces?: readonly { readonly metadata: { readonly name: string; readonly labels?: Record<string, string> } }[];
  /** Ports of 127.0.0.1 behind port 80 of a Service; `NAMESPACE/NAME`, or a name in `shop`. */
  readonly servers?: Readonly<Record<string, readonly number[]>>;
  readonly secrets?: readonly Secret[];
  readonly acme?: AcmeState;
  readonly proxy?: ProxyName;
  readonly ingressPorts?: { readonly httpPort: number; readonly httpsPort: number };
}

export const computeWorld = (world: GatewayWorld): RouteTableResult => {
  const { gateways, routes = [], grants = [], namespaces = [], servers = {}, secrets = [] } = world;
  const named = Object.entries(servers).map(([key, ports]) => {
    const [namespace = '', name = ''] = key.includes('/') ? key.split('/') : ['shop', key];
    return { namespace, name, ports };
  });
  const services: Service[] = named.map(({ namespace, name }) => ({ metadata: { name, namespace }, spec: { ports: [{ port: 80 }] } }));
  const slices: EndpointSlice[] = named.flatMap(({ namespace, name, ports }) =>
    ports.map((port) => ({
      metadata: { name: `${name}-${port}`, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4' as const,
      endpoints: [{ addresses: ['127.0.0.1'] }],
      ports: [{ port, protocol: 'TCP' as const }],
    })),
  );
  const { ingressPorts = { httpPort: 80, httpsPort: 443 } } = world;
  return computeRouteTable({
    ingresses: [],
    classes: [],
    services,
    slices,
    secrets,
    checkCertificate: certificateFault,
    ...(world.acme !== undefined && { acme: world.acme }),
    ...(world.proxy !== undefined && { proxy: world.proxy }),
    gateways: { classes: [gatewayClass], gateways, routes, grants, namespaces, ingressPorts },
  });
};
