import type { Service, ServiceSpec } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { type Allocations, allocateServices, serviceKey } from './allocate-services.js';
import { parseIpRange } from './ip-range.js';

const V4 = parseIpRange('10.96.0.0/16')!;
const V6 = parseIpRange('fd00:10:96::/112')!;
const NODE_PORTS = { from: 30_000, to: 32_767 };
const service = (name: string, spec: ServiceSpec = {}): Service => ({
  metadata: { name, namespace: 'default' },
  spec: { type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
});
const allocate = (services: readonly Service[], previous: Allocations = new Map(), ranges = [V4]) =>
  allocateServices(services, previous, { ranges, nodePorts: NODE_PORTS });
const specOf = (result: ReturnType<typeof allocate>, name: string): ServiceSpec =>
  result.services.find(({ metadata }) => metadata.name === name)!.spec;
const many = Array.from({ length: 300 }, (_, i) => service(`s${i}`, { type: 'NodePort' }));

describe('allocateServices', () => {
  it('gives each an address and a port of the upper band, the same on every machine', () => {
    const first = allocate(many);
    const ips = first.services.map(({ spec }) => spec.clusterIP!);
    expect(new Set(ips).size).toBe(300);
    expect(ips.every((ip) => Number(ip.split('.')[2]) >= 1)).toBe(true);
    expect(first.services.every(({ spec }) => spec.ports![0]!.nodePort! >= 30_086)).toBe(true);
    expect(allocate(many).allocations).toEqual(first.allocations);
  });

  it('keeps what was given, whatever comes before it', () => {
    const first = allocate(many);
    const { allocations } = allocate([service('newcomer', { type: 'NodePort' }), ...[...many].reverse()], first.allocations);
    for (const [key, had] of first.allocations) expect(allocations.get(key)).toEqual(had);
  });

  it('a wish comes before what another was given by chance', () => {
    const first = allocate([service('a')]);
    const ip = first.allocations.get('default/a')!.clusterIPs[0]!;
    const second = allocate([service('a'), service('b', { clusterIP: ip })], first.allocations);
    expect(specOf(second, 'b').clusterIP).toBe(ip);
    expect(specOf(second, 'a').clusterIP).not.toBe(ip);
    expect(second.refusals).toEqual([]);
  });

  it('of two with one node port the first has it, and the one that had it before keeps it', () => {
    const wish: ServiceSpec = { type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', nodePort: 30_080 }] };
    const [a, b] = [service('a', wish), service('b', wish)];
    const first = allocate([a, b]);
    expect(first.refusals.map(({ service: one, message }) => [one.metadata.name, message])).toEqual([
      ['b', 'spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated'],
    ]);
    expect(first.services.map(serviceKey)).toEqual(['default/a']);
    expect(allocate([b, a], first.allocations).refusals.map(({ service: one }) => one)).toEqual([b]);
  });

  it.each([
    [
      { clusterIP: '192.0.2.1' },
      'spec.clusterIPs: Invalid value: ["192.0.2.1"]: failed to allocate IP 192.0.2.1: the provided IP (192.0.2.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16',
    ],
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [
      {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 80, nodePort: 30_080 },
          { name: 'b', port: 81, protocol: 'UDP', nodePort: 30_080 },
        ],
      },
      'spec.ports[1].nodePort: Invalid value: 30080: provided port is already allocated',
    ],
    [
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 80 },
      'spec.healthCheckNodePort: Invalid value: 80: failed to allocate requested HealthCheck NodePort 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [{ ipFamilies: ['IPv6'] }, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    [
      { ipFamilyPolicy: 'RequireDualStack' },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
  ] as const)('%j is refused in the words of an API server', (spec, message) => {
    expect(allocate([service('a', spec as ServiceSpec), service('b')])).toMatchObject({
      refusals: [{ message }],
      services: [{ metadata: { name: 'b' } }],
    });
  });

  it('two protocols of one port share their node port', () => {
    const { services } = allocate([
      service('dns', {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 53, protocol: 'TCP' },
          { name: 'b', port: 53, protocol: 'UDP' },
        ],
      }),
    ]);
    const [tcp, udp] = services[0]!.spec.ports!;
    expect(tcp!.nodePort).toBe(udp!.nodePort);
  });

  it('the one that asks for none has that of the other, also of one behind it', () => {
    const { services, refusals } = allocate([
      service('dns', {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 53, protocol: 'TCP' },
          { name: 'b', port: 53, protocol: 'UDP', nodePort: 30_053 },
          { name: 'c', port: 54, protocol: 'TCP' },
        ],
      }),
    ]);
    expect(refusals).toEqual([]);
    const [tcp, udp, other] = services[0]!.spec.ports!.map(({ nodePort }) => nodePort);
    expect([tcp, udp]).toEqual([30_053, 30_053]);
    expect(other).not.toBe(30_053);
  });

  it('gives both families where they are asked for, and a load balancer its health port', () => {
    const { services } = allocate(
      [service('a', { ipFamilyPolicy: 'PreferDualStack', type: 'LoadBalancer', externalTrafficPolicy: 'Local' })],
      new Map(),
      [V4, V6],
    );
    expect(services[0]!.spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(services[0]!.spec.clusterIPs![1]).toMatch(/^fd00:10:96::/);
    expect(services[0]!.spec.healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
  });

  it('a headless Service without selector has both families, and one with a selector that of the node', () => {
    const { services } = allocate([
      service('by-hand', { clusterIP: 'None', clusterIPs: ['None'] }),
      service('by-selector', { clusterIP: 'None', clusterIPs: ['None'], selector: { app: 'x' } }),
    ]);
    expect(services.map(({ spec }) => [spec.clusterIPs, spec.ipFamilies])).toEqual([
      [['None'], ['IPv4', 'IPv6']],
      [['None'], ['IPv4']],
    ]);
  });

  it('a full range refuses whoever comes last', () => {
    const tiny = parseIpRange('10.0.0.0/30')!;
    expect(allocate([service('a'), service('b'), service('c')], new Map(), [tiny])).toMatchObject({
      refusals: [{ reason: 'ClusterIPNotAllocated' }],
    });
  });
});
