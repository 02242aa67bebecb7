/** What of a gRPC call can be cancelled. */
export interface CancellableCall {
  cancel(): void;
}

/**
 * Cancels a gRPC call, also one that was begun in this very turn. grpc-js (1.14) answers the caller of such a call at once, but opens its stream all the
 * same and then knows neither its cancellation nor its deadline: the stream, and some 19 kB with it, stay until the server ends them.
 */
export const cancelCall = (call: CancellableCall): void => {
  call.cancel();
  // By the next turn the filters of grpc-js have passed the call on to its connection, where a cancellation ends the stream.
  setImmediate(() => call.cancel());
};
