import type { ServiceDefinition } from '@grpc/grpc-js';

/** ServingStatus of grpc.health.v1. */
export const Serving = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2 } as const;
export type Serving = (typeof Serving)[keyof typeof Serving];

export interface HealthCheckRequest {
  readonly service: string;
}
export interface HealthCheckResponse {
  readonly status: number;
}

/** What grpc-js needs to serve health checks: names of less than 128 bytes, states by number. */
export const HealthService = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: ({ service }: HealthCheckRequest) => Buffer.concat([Buffer.from([10, service.length]), Buffer.from(service)]),
    requestDeserialize: (bytes: Buffer): HealthCheckRequest => ({ service: bytes.subarray(2).toString() }),
    responseSerialize: ({ status }: HealthCheckResponse) => Buffer.from([8, status]),
    responseDeserialize: (bytes: Buffer): HealthCheckResponse => ({ status: bytes[1] ?? 0 }),
  },
} satisfies ServiceDefinition;
