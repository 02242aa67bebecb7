import { grpcDetails } from './grpc-details.js';

/**
 * A failed gRPC call in the words of grpc-go, which messages of Kubernetes repeat: `rpc error: code = DeadlineExceeded desc = …`. `code`: as grpc-js
 * names it (`DEADLINE_EXCEEDED`).
 */
export const goRpcError = (code: string, details: string): string => `rpc error: code = ${goCode(code)} desc = ${grpcDetails(details)}`;

const goCode = (code: string): string =>
  code === 'OK' || code.startsWith('Code(')
    ? code
    : code
        .toLowerCase()
        .replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())
        .replace('Cancelled', 'Canceled');
