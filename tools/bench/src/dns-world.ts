/** Services, endpoints and questions of the DNS bench. */

/** Of the bench alone. */
export const RANGE = '10.219.0.0/20';
export const DNS = '169.254.77.54';
/** The server beyond, at an address of the loopback device: a resolv.conf has no ports. */
export const UPSTREAM = '127.77.54.1';

const SERVICES = Number(process.env['SERVICES'] ?? 200);
const ENDPOINTS = 10;
const OUTSIDE_NAMES = 50;
/** Lines of the list of questions, which the client goes through again and again. */
const QUESTIONS = 10_000;

const endpointAddress = (service: number, endpoint: number): string =>
  `10.250.${service % 250}.${endpoint + 2 + 20 * Math.floor(service / 250)}`;
const clusterIp = (service: number): string => `10.219.${1 + Math.floor(service / 250)}.${1 + (service % 250)}`;

/** Every second Service is headless, with Pods that have names. Endpoints are written by hand: the server does not know of that. */
export const serviceManifests = (): readonly object[] =>
  Array.from({ length: SERVICES }, (_, index) => {
    const metadata = { name: `shop-${index}`, namespace: 'default' };
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
    const isHeadless = index % 2 === 1;
    return [
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: isHeadless ? 'None' : clusterIp(index), ports } },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: `shop-${index}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': metadata.name } },
        addressType: 'IPv4',
        ports,
        endpoints: Array.from({ length: ENDPOINTS }, (_, endpoint) => ({
          addresses: [endpointAddress(index, endpoint)],
          conditions: { ready: true },
          ...(isHeadless && { hostname: `pod-${endpoint}` }),
        })),
      },
    ];
  }).flat();

const serviceName = (index: number): string => `shop-${index}.default.svc.cluster.local`;
const reversed = (address: string): string => `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
const plain = (index: number): number => (index % (SERVICES / 2)) * 2;
const headless = (index: number): number => plain(index) + 1;

/** Kinds of questions, by how many of a hundred they are. A client's search path asks three names that do not exist before the one that it means. */
const KINDS: readonly (readonly [number, (index: number) => string])[] = [
  [25, (index) => `${serviceName(plain(index))} A`],
  [10, (index) => `${serviceName(plain(index))} AAAA`],
  [10, (index) => `${serviceName(headless(index))} A`],
  [5, (index) => `_http._tcp.${serviceName(plain(index))} SRV`],
  [5, (index) => `_http._tcp.${serviceName(headless(index))} SRV`],
  [5, (index) => `${reversed(clusterIp(plain(index)))} PTR`],
  [5, (index) => `${reversed(endpointAddress(headless(index), index % ENDPOINTS))} PTR`],
  [10, (index) => `pod-${index % ENDPOINTS}.${serviceName(headless(index))} A`],
  [5, (index) => `host-${index % OUTSIDE_NAMES}.example.default.svc.cluster.local A`],
  [5, (index) => `host-${index % OUTSIDE_NAMES}.example.svc.cluster.local A`],
  [5, (index) => `host-${index % OUTSIDE_NAMES}.example.cluster.local A`],
  [10, (index) => `host-${index % OUTSIDE_NAMES}.example A`],
];

/** As dnsperf reads them, every kind spread over the list. */
export const questions = (): string => {
  const hundred = KINDS.flatMap(([share, make]) => Array.from({ length: share }, () => make));
  // 37 and 100 have no common divisor, so that each turn of a hundred has every kind.
  return Array.from({ length: QUESTIONS }, (_, index) => hundred[(index * 37) % 100]!(Math.floor(index / 7))).join('\n');
};
