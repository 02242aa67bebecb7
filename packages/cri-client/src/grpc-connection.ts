import { type CallOptions, Client, type ClientReadableStream, credentials, Metadata } from '@grpc/grpc-js';
import { callDeadline, cancelCall, onAbort } from '@solo-kubelet/timers';
import { CriError } from './cri-error.js';
import type { CriCall } from './cri-interceptor.js';
import { createBoundedExec } from './exec-output/bounded-exec.js';
import { TasksDefinition } from './gen/containerd-tasks.js';
import { explainGrpcFailure } from './grpc-failure.js';
import type { MethodDefinition } from './service-client.js';

/** 16 MiB, as the kubelet's client. */
const DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

export interface GrpcConnectionOptions {
  readonly socketPath: string;
  /** Largest message in either direction, bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
}

/** A channel to one socket. It connects at the first call and again, by itself, after a break. */
export interface GrpcConnection {
  unary(call: CriCall, method: MethodDefinition): Promise<unknown>;
  stream(call: CriCall, method: MethodDefinition): AsyncIterable<unknown>;
  /** Ends all calls and the connection. */
  close(): void;
}

export const createGrpcConnection = ({
  socketPath,
  maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
}: GrpcConnectionOptions): GrpcConnection => {
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    // As the kubelet dials: 100 ms, growing to 3 s.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 3_000,
    // A pool of its own, so that closing this client closes its connection.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
  });
  const bounded = createBoundedExec({ socketPath, maxMessageBytes });
  const active = new Set<{ cancel(): void }>();
  let closed = false;

  const refuseWhenClosed = (call: CriCall): void => {
    call.signal?.throwIfAborted();
    if (closed) throw closedError(call.method);
  };
  const failureOf = async (error: unknown, call: CriCall): Promise<unknown> => {
    if (call.signal?.aborted) return call.signal.reason;
    if (closed) return closedError(call.method);
    return explainGrpcFailure(error, { method: call.method, socketPath });
  };

  return {
    unary: async (call, method) => {
      refuseWhenClosed(call);
      const { outputKept: kept, timeoutMs, signal } = call;
      if (kept !== undefined) {
        const message = encodeWith(method)(call.request);
        return bounded.call({ path: path(call), message, kept, timeoutMs, signal }).catch(async (error: unknown) => {
          throw await failureOf(error, call);
        });
      }
      return new Promise((resolve, reject) => {
        const sent = client.makeUnaryRequest(
          path(call),
          encodeWith(method),
          decodeWith(method),
          call.request,
          metadataOf(call),
          callOptions(call),
          (error, reply) => {
            active.delete(sent);
            release();
            if (error === null) resolve(reply);
            else failureOf(error, call).then(reject);
          },
        );
        active.add(sent);
        const release = onAbort(call.signal, () => cancelCall(sent));
      });
    },
    async *stream(call, method) {
      refuseWhenClosed(call);
      const sent: ClientReadableStream<unknown> = client.makeServerStreamRequest(
        path(call),
        encodeWith(method),
        decodeWith(method),
        call.request,
        metadataOf(call),
        callOptions(call),
      );
      // Cancelling a stream that is no longer read still emits an error.
      sent.on('error', () => {});
      active.add(sent);
      const release = onAbort(call.signal, () => cancelCall(sent));
      try {
        for await (const reply of sent) yield reply;
      } catch (error) {
        throw await failureOf(error, call);
      } finally {
        active.delete(sent);
        release();
        cancelCall(sent);
      }
    },
    close: () => {
      closed = true;
      for (const call of active) cancelCall(call);
      bounded.close();
      client.close();
    },
  };
};

const closedError = (method: string): CriError =>
  new CriError({ code: 'CRI_CANCELLED', method, message: `${method} failed: the client was closed` });

/** containerd's task service wants to know in whose namespace: that of what CRI makes. */
const metadataOf = ({ service }: CriCall): Metadata => {
  const metadata = new Metadata();
  if (service === TasksDefinition.fullName) metadata.set('containerd-namespace', 'k8s.io');
  return metadata;
};

const path = (call: CriCall): string => `/${call.service}/${call.method}`;

const callOptions = ({ timeoutMs }: CriCall): CallOptions => {
  const deadline = callDeadline(timeoutMs);
  return deadline === undefined ? {} : { deadline };
};

const encodeWith =
  ({ requestType }: MethodDefinition) =>
  (request: unknown): Buffer =>
    Buffer.from(requestType.encode(requestType.fromPartial((request ?? {}) as never) as never).finish());

const decodeWith =
  ({ responseType }: MethodDefinition) =>
  (bytes: Buffer): unknown =>
    responseType.decode(bytes);
