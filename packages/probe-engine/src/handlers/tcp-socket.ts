import { connect } from 'node:net';
import type { TCPSocketAction } from '@solo-kubelet/pod-spec';
import { resolvePort } from '../core/resolve-port.js';
import { onAbort, type ProbeAttemptOptions, type ProbeHandler, type ProbeOutcome } from '../probe-handler.js';
import { targetHost } from '../probe-target.js';

/** Success when a connection stands; it is closed at once (pkg/probe/tcp/tcp.go). */
export const tcpSocketHandler = (): ProbeHandler<'tcpSocket', TCPSocketAction> => ({
  field: 'tcpSocket',
  probe: (action, target, options) => {
    const port = resolvePort(action.port, target.ports);
    if (port === undefined) return Promise.resolve({ result: 'unknown', output: `invalid port: ${action.port}` });
    return connectOnce(targetHost(target, action.host), port, options);
  },
});

const connectOnce = (host: string, port: number, options: ProbeAttemptOptions): Promise<ProbeOutcome> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    let ignore = (): void => {};
    const end = (outcome: ProbeOutcome): void => {
      ignore();
      socket.destroy();
      resolve(outcome);
    };
    ignore = onAbort(options, () => end({ result: 'failure', output: `dial tcp ${host}:${port}: i/o timeout` }));
    socket.once('connect', () => end({ result: 'success', output: '' }));
    socket.on('error', (error) => end({ result: 'failure', output: error.message }));
  });
