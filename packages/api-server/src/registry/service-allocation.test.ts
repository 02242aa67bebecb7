import { describe, expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const service = (name: string, spec: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name } },
  spec: { ports: [{ port: 80 }], ...spec },
});
const nodePorts = { from: 31_000, to: 31_001 };

describe('numbers of Services', () => {
  it('spec.clusterIP is from the range that the server was given, and no address is given twice', () => {
    const ask = askCore({}, { serviceNetwork: { range: '10.97.5.8/29', nodePorts } });
    const given = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ask('POST', 'services', service(name)).value.spec.clusterIP);
    expect(given).toEqual([9, 10, 11, 12, 13, 14].map((last) => `10.97.5.${last}`));
    expect(ask('POST', 'services', service('g'))).toMatchObject({
      code: 422,
      value: { message: 'Service "g" is invalid: spec.clusterIPs: Invalid value: [""]: failed to allocate IP: range is full' },
    });
    ask('DELETE', 'services/c');
    expect(ask('POST', 'services', service('g')).value.spec.clusterIP).toBe('10.97.5.11');
  });

  it.each([
    ['10.96.0.9', 'the provided IP (10.96.0.9) is not in the valid range. The range of valid IPs is 10.97.0.0/16'],
    ['10.97.0.0', 'the provided network does not match the current range'],
    ['10.97.255.255', 'the provided network does not match the current range'],
  ])('spec.clusterIP %s is refused: %s', (clusterIP, message) => {
    const ask = askCore({}, { serviceNetwork: { range: '10.97.0.0/16', nodePorts } });
    const answer = ask('POST', 'services', service('a', { clusterIP }));
    expect([answer.code, answer.value.message]).toEqual([422, expect.stringContaining(message)]);
  });

  it('spec.ports[].nodePort is from the range that the server was given, until none is left', () => {
    const ask = askCore({}, { serviceNetwork: { range: '10.97.0.0/16', nodePorts } });
    const ports = ['a', 'b'].map((name) => ask('POST', 'services', service(name, { type: 'NodePort' })).value.spec.ports[0].nodePort);
    expect(ports).toEqual([31_000, 31_001]);
    expect(ask('POST', 'services', service('c', { type: 'NodePort' }))).toMatchObject({
      code: 422,
      value: { message: expect.stringContaining('failed to allocate a nodePort: range is full') },
    });
    expect(ask('POST', 'services', service('c', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_000 }] })).value.message).toContain(
      'The range of valid ports is 31000-31001',
    );
  });

  it('without a block of IPv4 nothing is said of addresses and families: who carries the Service out gives them', () => {
    const ask = askCore({}, { serviceNetwork: { range: undefined, nodePorts } });
    const { code, value } = ask('POST', 'services', service('a', { ipFamilies: ['IPv6'] }));
    expect([code, value.spec.clusterIP, value.spec.ipFamilies]).toEqual([201, undefined, ['IPv6']]);
  });

  it('a load balancer without a port for health checks keeps its managers over changes', () => {
    const ask = askCore();
    ask('POST', 'services', service('a', { type: 'LoadBalancer' }));
    for (const app of ['x', 'y']) {
      const { metadata } = ask('PATCH', 'services/a', { metadata: { labels: { app } } }).value;
      expect(metadata.managedFields).toHaveLength(1);
    }
  });
});
