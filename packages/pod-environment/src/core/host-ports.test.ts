import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { hostPortsConflict, podHostPorts, portMappings } from './host-ports.js';

const pod = testPod({
  initContainers: [
    { name: 'once', ports: [{ containerPort: 1, hostPort: 1 }] },
    { name: 'sidecar', restartPolicy: 'Always', ports: [{ containerPort: 9090, hostPort: 9090 }] },
  ],
  containers: [
    {
      ports: [
        { name: 'http', containerPort: 80, hostPort: 8080, hostIP: '127.0.0.1', protocol: 'TCP' },
        { name: 'http', containerPort: 81, hostPort: 8081 },
        { containerPort: 53, protocol: 'UDP' },
        { containerPort: 53, protocol: 'UDP' },
      ],
    },
  ],
});

describe('host ports', () => {
  it('are taken by containers and sidecars', () => {
    expect(podHostPorts(pod)).toEqual([
      { containerName: 'sidecar', hostIp: '', hostPort: 9090, protocol: 'TCP' },
      { containerName: 'app', hostIp: '127.0.0.1', hostPort: 8080, protocol: 'TCP' },
      { containerName: 'app', hostIp: '', hostPort: 8081, protocol: 'TCP' },
    ]);
  });

  it.each([
    [{ hostIp: '' }, { hostIp: '192.0.2.1' }, true],
    [{ hostIp: '192.0.2.1' }, { hostIp: '192.0.2.2' }, false],
    [{ protocol: 'UDP' }, {}, false],
    [{ hostPort: 81 }, {}, false],
  ])('conflict: %o and %o', (left, right, expected) => {
    const port = { containerName: 'app', hostIp: '', hostPort: 80, protocol: 'TCP' };
    expect(hostPortsConflict({ ...port, ...left }, { ...port, ...right })).toBe(expected);
  });

  it('are mapped for regular containers, without duplicates, unmapped ones included', () => {
    expect(portMappings(pod)).toEqual([
      { protocol: 0, containerPort: 80, hostPort: 8080, hostIp: '127.0.0.1' },
      { protocol: 1, containerPort: 53, hostPort: 0, hostIp: '' },
    ]);
  });
});
