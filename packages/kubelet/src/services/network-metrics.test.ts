import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { networkMetrics } from './network-metrics.js';

const linesOf = async (registry: Registry, pattern: RegExp): Promise<readonly string[]> =>
  (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#') && pattern.test(line));

it('counts syncs of rules by the names of kube-proxy', async () => {
  const registry = new Registry();
  const metrics = networkMetrics(registry);
  metrics.synced({ seconds: 0.003, atMs: 1_700_000_000_500 });
  metrics.syncFailed();
  metrics.expose(() => ({ services: 2, endpoints: 5, networkPolicies: 1, rules: new Map([['ip solo-svc-x', 40]]) }));
  expect(await linesOf(registry, /_count|le="0\.004"|timestamp_seconds|failures_total|^solo/)).toEqual([
    'kubeproxy_sync_proxy_rules_duration_seconds_bucket{le="0.004"} 1',
    'kubeproxy_sync_proxy_rules_duration_seconds_count 1',
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds 1700000000.5',
    'kubeproxy_sync_proxy_rules_nftables_sync_failures_total 1',
    'solo_kubelet_service_network_services 2',
    'solo_kubelet_service_network_endpoints 5',
    'solo_kubelet_service_network_network_policies 1',
    'solo_kubelet_service_network_rules{ip_family="IPv4",table="solo-svc-x"} 40',
  ]);
});

it('counts queries by the names of CoreDNS', async () => {
  const registry = new Registry();
  const count = networkMetrics(registry).dnsCounter('169.254.20.10', 'cluster.local');
  count({ from: 'zone', rcode: 0, transport: 'udp' });
  count({ from: 'zone', rcode: 0, transport: 'udp' });
  count({ from: 'cache', rcode: 3, transport: 'udp' });
  count({ from: 'none', rcode: 2, transport: 'tcp' });
  expect(await linesOf(registry, /^coredns/)).toEqual([
    'coredns_dns_requests_total{server="dns://169.254.20.10:53",zone="cluster.local.",view="",proto="udp"} 2',
    'coredns_dns_requests_total{server="dns://169.254.20.10:53",zone=".",view="",proto="udp"} 1',
    'coredns_dns_requests_total{server="dns://169.254.20.10:53",zone=".",view="",proto="tcp"} 1',
    'coredns_dns_responses_total{server="dns://169.254.20.10:53",zone="cluster.local.",view="",rcode="NOERROR",plugin="kubernetes"} 2',
    'coredns_dns_responses_total{server="dns://169.254.20.10:53",zone=".",view="",rcode="NXDOMAIN",plugin="cache"} 1',
    'coredns_dns_responses_total{server="dns://169.254.20.10:53",zone=".",view="",rcode="SERVFAIL",plugin=""} 1',
    'coredns_cache_hits_total{server="dns://169.254.20.10:53",type="denial",zones=".",view=""} 1',
  ]);
});

it('tells what became of the proxy, and which ports it has', async () => {
  const registry = new Registry();
  const metrics = networkMetrics(registry);
  metrics.proxyUpdated('started');
  metrics.proxyPorts([80, 443]);
  metrics.proxyPorts([80]);
  expect(await linesOf(registry, /^solo_kubelet_ingress/)).toEqual([
    'solo_kubelet_ingress_proxy_updates_total{result="started"} 1',
    'solo_kubelet_ingress_proxy_listening{port="80"} 1',
  ]);
});
