import { type handleUnaryCall, status } from '@grpc/grpc-js';
import { describeError } from '@solo-kubelet/diagnostics';

/** A call that can't be answered, with its gRPC status. */
export class RpcFailure extends Error {
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
  }
}

/** A unary method made of a function. What it throws becomes the call's status: Unknown, as with grpc-go, unless it says otherwise. */
export const answer =
  <Request, Reply>(
    reply: (request: Request, context: { readonly signal: AbortSignal }) => Reply | Promise<Reply>,
  ): handleUnaryCall<Request, Reply> =>
  (call, callback) => {
    const controller = new AbortController();
    call.on('cancelled', () => controller.abort());
    Promise.resolve()
      .then(() => reply(call.request, { signal: controller.signal }))
      .then(
        (message) => callback(null, message),
        (error: unknown) => callback({ code: error instanceof RpcFailure ? error.code : status.UNKNOWN, details: describeError(error) }),
      );
  };
