import type { ProbeTarget } from '../probe-target.js';

/** A readiness target of a started container, with whatever matters to a test. */
export const probeTarget = (given: Partial<ProbeTarget> = {}): ProbeTarget => ({
  podUid: 'uid',
  pod: 'default/web',
  containerName: 'app',
  containerId: 'c1',
  kind: 'readiness',
  probe: { tcpSocket: { port: 80 } },
  podIp: '127.0.0.1',
  ports: [],
  startedAtMs: 0,
  started: true,
  ...given,
});
