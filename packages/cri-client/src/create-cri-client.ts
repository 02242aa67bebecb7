import { checkDuration, joinSignals } from '@solo-kubelet/timers';
import { DEFAULT_TIMEOUT_MS, defaultDeadlineMs } from './call-deadline.js';
import { CriError } from './cri-error.js';
import { type CriCall, type CriInterceptor, chainInterceptors } from './cri-interceptor.js';
import { parseEndpoint } from './endpoint.js';
import { EventsDefinition } from './gen/containerd-events.js';
import { TasksDefinition } from './gen/containerd-tasks.js';
import { ImageServiceDefinition, RuntimeServiceDefinition } from './gen/cri-v1.js';
import { createGrpcConnection, type GrpcConnection } from './grpc-connection.js';
import { deletingLeftTasks } from './left-tasks.js';
import type { PodChange } from './pod-change.js';
import { missingReplyFields } from './reply-checks.js';
import { createServiceClient, type Invoke, type ServiceClient } from './service-client.js';
import { type CriLists, createCriLists } from './streamed-lists.js';
import { type ChangesOptions, watchChanges } from './watch-changes.js';

export interface CriClientOptions {
  /** The runtime's socket: `unix:///run/containerd/containerd.sock`, or a bare absolute path. */
  readonly endpoint: string;
  /** The image service's socket, where it is another one. Default: `endpoint`. */
  readonly imageEndpoint?: string;
  /** Time limit of a usual call, ms; other kinds of call derive theirs from it. Default 2 min, as `runtimeRequestTimeout`. */
  readonly timeoutMs?: number;
  /** Largest message, bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Wrap every call; the first is the outermost. Default none. */
  readonly interceptors?: readonly CriInterceptor[];
}

export interface CriClient extends AsyncDisposable {
  readonly runtime: ServiceClient<typeof RuntimeServiceDefinition>;
  readonly images: ServiceClient<typeof ImageServiceDefinition>;
  readonly lists: CriLists;
  /** Every pod that may have changed, for ever; begins with a `resync`. Ends when the signal aborts, the reader stops or the client is closed. */
  changes(options?: ChangesOptions): AsyncIterable<PodChange>;
  /** Ends all calls and the connection. The runtime is not touched. */
  close(): Promise<void>;
}

/** A client of one container runtime. It connects at the first call and reconnects by itself. */
export const createCriClient = ({
  endpoint,
  imageEndpoint = endpoint,
  timeoutMs: givenTimeoutMs,
  maxMessageBytes,
  interceptors = [],
}: CriClientOptions): CriClient => {
  const timeoutMs = checkDuration('timeoutMs', givenTimeoutMs, DEFAULT_TIMEOUT_MS);
  const socketPath = parseEndpoint(endpoint);
  const imageSocketPath = parseEndpoint(imageEndpoint);
  const connection = createGrpcConnection({ socketPath, maxMessageBytes });
  const imageConnection =
    imageSocketPath === socketPath ? connection : createGrpcConnection({ socketPath: imageSocketPath, maxMessageBytes });

  const invokeOver =
    (over: GrpcConnection): Invoke =>
    (service, method, request, options) => {
      const handler = chainInterceptors([...interceptors, removing], async (call: CriCall) => {
        if (method.responseStream) return over.stream(call, method);
        const reply = await over.unary(call, method);
        const missing = missingReplyFields(method.name, reply);
        if (missing.length === 0) return reply;
        throw new CriError({
          code: 'CRI_BAD_REPLY',
          method: method.name,
          message: `${method.name} failed: the runtime's reply lacks ${missing.join(', ')}`,
          hint: 'The container runtime breaks the CRI contract here. Is its version supported?',
        });
      });
      return handler({
        service,
        method: method.name,
        request,
        streaming: method.responseStream,
        signal: options.signal,
        timeoutMs: checkDuration('timeoutMs', options.timeoutMs, undefined) ?? defaultDeadlineMs(method.name, request, timeoutMs),
        ...(options.outputKept !== undefined && method.name === 'ExecSync' && { outputKept: options.outputKept }),
      });
    };

  // Its own calls go through the interceptors, too.
  const removing = deletingLeftTasks(createServiceClient(TasksDefinition, invokeOver(connection)));
  const runtime = createServiceClient(RuntimeServiceDefinition, invokeOver(connection));
  const images = createServiceClient(ImageServiceDefinition, invokeOver(imageConnection));
  const containerd = createServiceClient(EventsDefinition, invokeOver(connection));
  const lifetime = new AbortController();
  const close = async (): Promise<void> => {
    lifetime.abort();
    connection.close();
    imageConnection.close();
  };
  return {
    runtime,
    images,
    lists: createCriLists(runtime, images),
    async *changes({ signal, ...options } = {}) {
      using joined = joinSignals([signal, lifetime.signal]);
      yield* watchChanges({ runtime, containerd }, { ...options, signal: joined.signal });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};
