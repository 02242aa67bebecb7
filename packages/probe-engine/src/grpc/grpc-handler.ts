import { formatGoDuration } from '@solo-kubelet/diagnostics/text';
import type { GRPCAction } from '@solo-kubelet/pod-spec';
import { SERVING, showServingStatus } from '../core/grpc/health-messages.js';
import { encodeHealthCheck, type HealthRequest } from '../core/grpc/health-request.js';
import { rpcCode, rpcStatus, showRpcStatus } from '../core/grpc/rpc-status.js';
import { PROBE_USER_AGENT } from '../core/user-agent.js';
import { MAX_OUTPUT_BYTES, type ProbeHandler, type ProbeOutcome } from '../probe-handler.js';
import { probeTiming, targetHost } from '../probe-target.js';
import { type CallEnd, callHealthCheck } from './call-health-check.js';

/**
 * Success when `grpc.health.v1.Health/Check` answers SERVING, always at the Pod's own address (pkg/probe/grpc/grpc.go). Plaintext, or with `mode: TLS`
 * by TLS that is not verified (GRPCContainerProbeTLS). One connection for each attempt.
 */
export const grpcHandler = (): ProbeHandler<'grpc', GRPCAction> => ({
  field: 'grpc',
  probe: (action, target, options) => {
    const { port, service = '', mode } = action;
    const host = targetHost(target);
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const isTls = mode === 'TLS';
    const { timeoutMs } = probeTiming(target.probe);
    const request = encodeOnce(action, { authority, service, scheme: isTls ? 'https' : 'http', userAgent: PROBE_USER_AGENT, timeoutMs });
    if (request === undefined) {
      const why = `the name of the service has ${service.length} letters`;
      return Promise.resolve(failure(`error: health rpc probe failed: ${showRpcStatus(rpcStatus('ResourceExhausted', why))}`));
    }
    return new Promise((resolve) =>
      callHealthCheck({ host, port, isTls, request }, options, (end) => resolve(judge(end, authority, timeoutMs))),
    );
  },
});

/** What was sent last for an action: the attempts of a target send the same. */
const sent = new WeakMap<GRPCAction, { readonly asked: HealthRequest; readonly request: Uint8Array }>();

const encodeOnce = (action: GRPCAction, asked: HealthRequest): Uint8Array | undefined => {
  const last = sent.get(action);
  if (last !== undefined && isSame(last.asked, asked)) return last.request;
  const request = encodeHealthCheck(asked);
  if (request !== undefined) sent.set(action, { asked, request });
  return request;
};

const isSame = (a: HealthRequest, b: HealthRequest): boolean =>
  a.authority === b.authority && a.service === b.service && a.scheme === b.scheme && a.timeoutMs === b.timeoutMs;

const failure = (output: string): ProbeOutcome => ({ result: 'failure', output: output.slice(0, MAX_OUTPUT_BYTES) });

const judge = (end: CallEnd, address: string, timeoutMs: number): ProbeOutcome => {
  const late = (isConnected: boolean): ProbeOutcome => {
    const time = formatGoDuration(timeoutMs);
    if (isConnected) return failure(`timeout: health rpc did not complete within ${time}`);
    return failure(`timeout: failed to connect service "${address}" within ${time}: context deadline exceeded`);
  };
  switch (end.type) {
    case 'late':
      return late(end.isConnected);
    case 'notConnected':
      return failure(`error: failed to connect service at "${address}": ${end.why}`);
    case 'answered':
      if (end.servingStatus === SERVING) return { result: 'success', output: 'service healthy' };
      return failure(`service unhealthy (responded with "${showServingStatus(end.servingStatus)}")`);
    case 'failed':
      if (end.status.code === rpcCode('DeadlineExceeded')) return late(true);
      if (end.status.code === rpcCode('Unimplemented')) return failure(`${NOT_IMPLEMENTED}: ${end.status.message}`);
      return failure(`error: health rpc probe failed: ${showRpcStatus(end.status)}`);
  }
};

const NOT_IMPLEMENTED = 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)';
