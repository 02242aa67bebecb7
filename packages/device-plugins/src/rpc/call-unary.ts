import { type CallOptions, type ClientUnaryCall, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { goRpcError } from '@solo-kubelet/diagnostics/text';
import { callDeadline, cancelCall, onAbort } from '@solo-kubelet/timers';
import { DevicePluginError } from '../device-plugin-error.js';

/** A method of a generated client, bound to it. */
export type UnaryMethod<Request, Reply> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, reply: Reply) => void,
) => ClientUnaryCall;

export interface UnaryLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One call with its time limit. An abort rejects with the signal's reason; what the plugin did until then is unknown. */
export const callUnary = <Request, Reply>(
  method: UnaryMethod<Request, Reply>,
  request: Request,
  { timeoutMs, signal }: UnaryLimits,
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const call = method(request, new Metadata(), { deadline: callDeadline(timeoutMs) }, (error, reply) => {
      release();
      if (error === null) resolve(reply);
      else reject(signal?.aborted ? signal.reason : callFailed(error));
    });
    const release = onAbort(signal, () => cancelCall(call));
  });

const callFailed = (error: ServiceError): DevicePluginError =>
  new DevicePluginError({
    code: 'DEVICE_PLUGIN_CALL_FAILED',
    retryable: true,
    message: goRpcError(status[error.code] ?? `Code(${error.code})`, error.details),
  });
