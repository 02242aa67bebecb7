import type { QueryResult } from '@solo-kubelet/cluster-dns';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Where the network of Services counts. Times are ms since 1970. */
export interface NetworkMetrics {
  /** The kernel's tables were made to be as they should; `seconds`: how long that took, computing included. */
  synced(sync: { readonly seconds: number; readonly atMs: number }): void;
  syncFailed(): void;
  /** What is in force, asked for at every scrape. */
  expose(state: () => NetworkCounts): void;
  /** A query that the DNS server of `address` has answered. */
  dnsCounter(address: string, domain: string): (result: QueryResult) => void;
  /** What became of a configuration of the proxy, such as `started`, `reloaded`, `runtime` or `failed`. */
  proxyUpdated(result: string): void;
  /** Ports that the proxy has open now. */
  proxyPorts(ports: readonly number[]): void;
}

export interface NetworkCounts {
  readonly services: number;
  readonly endpoints: number;
  readonly networkPolicies: number;
  /** Lines of each table, by `FAMILY TABLE`. */
  readonly rules: ReadonlyMap<string, number>;
}

/** As kube-proxy has them (pkg/proxy/metrics): 1 ms, doubled 14 times. */
const SYNC_BUCKETS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
/** Which of CoreDNS' plugins says what this server says. */
const PLUGINS: Readonly<Record<QueryResult['from'], string>> = {
  zone: 'kubernetes',
  cache: 'cache',
  stale: 'cache',
  upstream: 'forward',
  none: '',
};

/** Names are those of kube-proxy and of CoreDNS where they have one for it; all others are the project's own. */
export const networkMetrics = (registry: Registry): NetworkMetrics => {
  const registers = [registry];
  const seconds = new Histogram({
    name: 'kubeproxy_sync_proxy_rules_duration_seconds',
    help: '[ALPHA] SyncProxyRules latency in seconds',
    buckets: SYNC_BUCKETS,
    registers,
  });
  const last = new Gauge({
    name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    help: '[ALPHA] The last time proxy rules were successfully synced',
    registers,
  });
  const failures = new Counter({
    name: 'kubeproxy_sync_proxy_rules_nftables_sync_failures_total',
    help: '[ALPHA] Cumulative proxy nftables sync failures',
    registers,
  });
  const updates = new Counter({
    name: 'solo_kubelet_ingress_proxy_updates_total',
    help: 'Configurations of the proxy of Ingresses and Gateways, by what became of them.',
    labelNames: ['result'],
    registers,
  });
  const ports = new Gauge({
    name: 'solo_kubelet_ingress_proxy_listening',
    help: 'Whether the proxy of Ingresses and Gateways has the port open.',
    labelNames: ['port'],
    registers,
  });
  return {
    synced: ({ seconds: took, atMs }) => {
      seconds.observe(took);
      last.set(atMs / 1_000);
    },
    syncFailed: () => failures.inc(),
    expose: (state) => exposeCounts(registry, state),
    dnsCounter: (address, domain) => dnsCounter(registry, address, domain),
    proxyUpdated: (result) => updates.inc({ result }),
    proxyPorts: (open) => {
      ports.reset();
      for (const port of open) ports.set({ port: String(port) }, 1);
    },
  };
};

const exposeCounts = (registry: Registry, state: () => NetworkCounts): void => {
  const gauge = (name: string, help: string, read: (counts: NetworkCounts) => number): void => {
    new Gauge({
      name: `solo_kubelet_service_network_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read(state()));
      },
    });
  };
  gauge('services', 'Services of the node.', ({ services }) => services);
  gauge('endpoints', 'Endpoints of all EndpointSlices of the node.', ({ endpoints }) => endpoints);
  gauge('network_policies', 'NetworkPolicies of the node.', ({ networkPolicies }) => networkPolicies);
  new Gauge({
    name: 'solo_kubelet_service_network_rules',
    help: 'Chains, sets, maps and their lines in the tables that are wanted, by family and table.',
    labelNames: ['ip_family', 'table'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [key, lines] of state().rules) {
        const [family = '', table = ''] = key.split(' ');
        this.set({ ip_family: family === 'ip' ? 'IPv4' : 'IPv6', table }, lines);
      }
    },
  });
};

/** A query costs one addition; labels are made at a scrape. */
const dnsCounter = (registry: Registry, address: string, domain: string): ((result: QueryResult) => void) => {
  const counts = new Map<string, { readonly result: QueryResult; number: number }>();
  const server = `dns://${address.includes(':') ? `[${address}]` : address}:53`;
  const zoneOf = ({ from }: QueryResult): string => (from === 'zone' ? `${domain}.` : '.');
  const counter = <Label extends string>(
    name: string,
    help: string,
    labelsOf: (result: QueryResult) => Record<Label, string> | undefined,
  ) => {
    new Counter({
      name: `coredns_${name}`,
      help,
      labelNames: NAMES[name] as readonly string[],
      registers: [registry],
      collect() {
        this.reset();
        for (const { result, number } of counts.values()) {
          const labels = labelsOf(result);
          if (labels !== undefined) this.inc(labels, number);
        }
      },
    });
  };
  counter('dns_requests_total', 'Counter of DNS requests made per zone, protocol and family.', (result) => ({
    server,
    zone: zoneOf(result),
    view: '',
    proto: result.transport,
  }));
  counter('dns_responses_total', 'Counter of response status codes.', (result) => ({
    server,
    zone: zoneOf(result),
    view: '',
    rcode: RCODES[result.rcode] ?? String(result.rcode),
    plugin: PLUGINS[result.from],
  }));
  counter('cache_hits_total', 'The count of cache hits.', (result) =>
    result.from === 'cache' || result.from === 'stale'
      ? { server, type: result.rcode === 0 ? 'success' : 'denial', zones: '.', view: '' }
      : undefined,
  );
  return (result) => {
    const key = `${result.from} ${result.rcode} ${result.transport}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { result, number: 1 });
    else known.number += 1;
  };
};

const NAMES: Readonly<Record<string, readonly string[]>> = {
  dns_requests_total: ['server', 'zone', 'view', 'proto'],
  dns_responses_total: ['server', 'zone', 'view', 'rcode', 'plugin'],
  cache_hits_total: ['server', 'type', 'zones', 'view'],
};
