import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { grpcDetails } from '@solo-kubelet/diagnostics/text';
import type { GRPCAction } from '@solo-kubelet/pod-spec';
import { cancelCall, onAbort } from '@solo-kubelet/timers';
import { PROBE_USER_AGENT } from '../core/user-agent.js';
import { HealthCheckResponse_ServingStatus, HealthClient } from '../gen/health.js';
import type { ProbeHandler, ProbeOutcome } from '../probe-handler.js';
import { probeTiming, targetHost } from '../probe-target.js';

/**
 * Success when `grpc.health.v1.Health/Check` answers SERVING, always at the Pod's own address (pkg/probe/grpc/grpc.go). Plaintext, or with `mode: TLS`
 * by TLS that is not verified (GRPCContainerProbeTLS).
 */
export const grpcHandler = (): ProbeHandler<'grpc', GRPCAction> => ({
  field: 'grpc',
  probe: (action, target, { signal }) => {
    const host = targetHost(target);
    const address = `${host.includes(':') ? `[${host}]` : host}:${action.port}`;
    return check({ address, service: action.service ?? '', tls: action.mode === 'TLS' }, probeTiming(target.probe).timeoutMs, signal);
  },
});

interface Asked {
  readonly address: string;
  readonly service: string;
  readonly tls: boolean;
}

/** Whoever answers is taken for whom it is, as with httpGet. */
const anyCertificate = () => credentials.createSsl(null, null, null, { rejectUnauthorized: false, checkServerIdentity: () => undefined });

const check = ({ address, service, tls }: Asked, timeoutMs: number, signal: AbortSignal): Promise<ProbeOutcome> =>
  new Promise((resolve) => {
    const client = new HealthClient(address, tls ? anyCertificate() : credentials.createInsecure(), {
      'grpc.primary_user_agent': PROBE_USER_AGENT,
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
      // Channels to one address share their connections by default; a probe wants one of its own.
      'grpc.use_local_subchannel_pool': 1,
    });
    let release = (): void => {};
    const end = (outcome: ProbeOutcome): void => {
      release();
      client.close();
      resolve(outcome);
    };
    const late: ProbeOutcome = { result: 'failure', output: `timeout: health rpc did not complete within ${timeoutMs / 1_000}s` };
    const call = client.check({ service }, (error, response) =>
      end(error === null ? judge(response.status) : explain(error, late, address)),
    );
    release = onAbort(signal, () => {
      cancelCall(call);
      end(late);
    });
  });

const judge = (serving: HealthCheckResponse_ServingStatus): ProbeOutcome => {
  if (serving === HealthCheckResponse_ServingStatus.SERVING) return { result: 'success', output: 'service healthy' };
  const name = HealthCheckResponse_ServingStatus[serving] ?? String(serving);
  return { result: 'failure', output: `service unhealthy (responded with "${name}")` };
};

const explain = (error: ServiceError, late: ProbeOutcome, address: string): ProbeOutcome => {
  if (error.code === status.DEADLINE_EXCEEDED) return late;
  if (error.code === status.UNIMPLEMENTED) {
    return {
      result: 'failure',
      output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${grpcDetails(error.details)}`,
    };
  }
  if (error.code === status.UNAVAILABLE)
    return { result: 'failure', output: `error: failed to connect service at "${address}": ${grpcDetails(error.details)}` };
  return { result: 'failure', output: `error: health rpc probe failed: ${grpcDetails(error.details)}` };
};
