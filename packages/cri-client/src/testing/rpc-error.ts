import { status } from '@grpc/grpc-js';

/** gRPC's code names, such as `UNAVAILABLE`. */
export type GrpcCode = Exclude<keyof typeof status, 'OK'>;

/** What the fake answers instead of a reply. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: GrpcCode, message: string) {
    super(message);
    this.code = status[code];
  }
}

export const notFound = (what: string, id: string): RpcError =>
  new RpcError('NOT_FOUND', `an error occurred when try to find ${what} "${id}": not found`);
