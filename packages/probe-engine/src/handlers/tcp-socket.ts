import { connect } from 'node:net';
import type { TCPSocketAction } from '@solo-kubelet/pod-spec';
import { joinHostPort } from '../core/get-request.js';
import { findPort } from '../core/resolve-port.js';
import { onAbort, type ProbeAttemptOptions, type ProbeHandler, type ProbeOutcome } from '../probe-handler.js';
import { targetHost } from '../probe-target.js';

/** Success when a connection stands; it is closed at once (pkg/probe/tcp/tcp.go). */
export const tcpSocketHandler = (): ProbeHandler<'tcpSocket', TCPSocketAction> => ({
  field: 'tcpSocket',
  probe: (action, target, options) => {
    const found = findPort(action.port, target.ports);
    if (!found.ok) return Promise.resolve({ result: 'unknown', output: found.why });
    return connectOnce(targetHost(target, action.host), found.port, options);
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
    ignore = onAbort(options, () => end({ result: 'failure', output: `dial tcp ${joinHostPort(host, port)}: i/o timeout` }));
    socket.once('connect', () => end({ result: 'success', output: '' }));
    socket.on('error', (error) => end({ result: 'failure', output: error.message }));
  });
