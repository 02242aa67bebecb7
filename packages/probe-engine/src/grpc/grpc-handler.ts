import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { grpcDetails } from '@solo-kubelet/diagnostics/text';
import type { GRPCAction } from '@solo-kubelet/pod-spec';
import { cancelCall, longTimeout, onAbort } from '@solo-kubelet/timers';
import { PROBE_USER_AGENT } from '../core/user-agent.js';
import { HealthCheckResponse_ServingStatus, HealthClient } from '../gen/health.js';
import type { ProbeHandler, ProbeOutcome } from '../probe-handler.js';
import { probeTiming, targetHost } from '../probe-target.js';
import { type OwnConnections, withOwnConnections } from './own-connections.js';

/**
 * Success when `grpc.health.v1.Health/Check` answers SERVING, always at the Pod's own address (pkg/probe/grpc/grpc.go). Plaintext, or with `mode: TLS`
 * by TLS that is not verified (GRPCContainerProbeTLS).
 */
export const grpcHandler = (): ProbeHandler<'grpc', GRPCAction> => ({
  field: 'grpc',
  probe: (action, target, { signal }) => {
    const host = targetHost(target);
    const address = `${host.includes(':') ? `[${host}]` : host}:${action.port}`;
    const asked: Asked = { address, service: action.service ?? '', tls: action.mode === 'TLS' };
    return withOwnConnections((connections) => check(asked, { timeoutMs: probeTiming(target.probe).timeoutMs, signal, connections }));
  },
});

interface Asked {
  readonly address: string;
  readonly service: string;
  readonly tls: boolean;
}

/** Whoever answers is taken for whom it is, as with httpGet. */
const anyCertificate = () => credentials.createSsl(null, null, null, { rejectUnauthorized: false, checkServerIdentity: () => undefined });

interface Attempt {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly connections: OwnConnections;
}

/** How long a server that has answered may take to part, ms. */
const PART_MS = 500;
/** What is held of what a server sends, MiB: grpc-js has no limit of its own. */
const MAX_SESSION_MIB = 10;

const check = ({ address, service, tls }: Asked, { timeoutMs, signal, connections }: Attempt): Promise<ProbeOutcome> =>
  new Promise((resolve) => {
    const client = new HealthClient(address, tls ? anyCertificate() : credentials.createInsecure(), {
      'grpc.primary_user_agent': PROBE_USER_AGENT,
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
      // Channels to one address share their connections by default; a probe wants one of its own.
      'grpc.use_local_subchannel_pool': 1,
      'grpc-node.max_session_memory': MAX_SESSION_MIB,
    });
    let release = (): void => {};
    const end = (outcome: ProbeOutcome): void => {
      release();
      client.close();
      if (outcome.result === 'success') longTimeout(connections.end, PART_MS, { ref: false });
      else connections.end();
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
