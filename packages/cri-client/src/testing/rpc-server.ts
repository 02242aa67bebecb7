import { rm } from 'node:fs/promises';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import {
  type ServiceDefinition as GrpcServiceDefinition,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  status,
} from '@grpc/grpc-js';
import { onAbort } from '@solo-kubelet/timers';
import type { MethodDefinition, ServiceDefinition } from '../service-client.js';
import type { CallJournal } from './call-journal.js';
import { type Clock, waitFor } from './clock.js';
import type { FaultBook, FaultEffect } from './faults.js';
import { RpcError } from './rpc-error.js';

export interface CallContext {
  /** Aborts when the client gives up or the connection breaks. */
  readonly signal: AbortSignal;
}

type Request<M extends MethodDefinition> = ReturnType<M['requestType'] extends { decode(input: Uint8Array): infer Q } ? () => Q : never>;
type PartialReply<M extends MethodDefinition> = M['responseType'] extends { fromPartial(object: infer R): unknown } ? R : never;

/** What a service does, method by method; replies may leave fields out. */
export type ServiceImplementation<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: D['methods'][K]['responseStream'] extends true
    ? (request: Request<D['methods'][K]>, context: CallContext) => AsyncIterable<PartialReply<D['methods'][K]>>
    : (request: Request<D['methods'][K]>, context: CallContext) => PartialReply<D['methods'][K]> | Promise<PartialReply<D['methods'][K]>>;
};

interface ServerMethod extends MethodDefinition {
  readonly requestType: MethodDefinition['requestType'] & { decode(input: Uint8Array): unknown };
  readonly responseType: MethodDefinition['responseType'] & {
    fromPartial(object: never): unknown;
    encode(message: never): { finish(): Uint8Array };
  };
}

export interface MountedService {
  readonly definition: ServiceDefinition;
  readonly implementation: Readonly<Record<string, (request: never, context: CallContext) => unknown>>;
}

export const mountService = <D extends ServiceDefinition>(definition: D, implementation: ServiceImplementation<D>): MountedService => ({
  definition,
  implementation: implementation as unknown as MountedService['implementation'],
});

export interface RpcServerOptions {
  readonly socketPath: string;
  readonly services: readonly MountedService[];
  readonly clock: Clock;
  readonly faults: FaultBook;
  readonly journal: CallJournal;
  /** RPC names that answer UNIMPLEMENTED; asked at each call. */
  readonly isUnimplemented: (method: string) => boolean;
}

export interface RpcServer {
  /** Begins to listen. */
  start(): Promise<void>;
  /** Breaks every connection; new ones are welcome. */
  dropConnections(): void;
  /** Breaks every connection and takes the socket away. */
  stop(): Promise<void>;
}

/** Thrown when a fault leaves a call without an answer. */
const NO_ANSWER = Symbol('no answer');

/** gRPC over a unix socket whose connections can be broken at will. */
export const createRpcServer = ({ socketPath, services, clock, faults, journal, isUnimplemented }: RpcServerOptions): RpcServer => {
  const sockets = new Set<Socket>();
  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  const before = async (fault: FaultEffect | undefined, { signal }: CallContext): Promise<void> => {
    switch (fault?.type) {
      case 'error':
        throw new RpcError(fault.code, fault.message ?? 'injected fault');
      case 'delay':
        return waitFor(clock, fault.ms, signal);
      case 'hang':
        return aborted(signal);
      case 'loseConnection':
        dropConnections();
        throw NO_ANSWER;
      default:
        return undefined;
    }
  };
  const after = async (fault: FaultEffect | undefined, reply: unknown, { signal }: CallContext): Promise<unknown> => {
    switch (fault?.type) {
      case 'errorAfterEffect':
        throw new RpcError(fault.code, fault.message ?? 'injected fault');
      case 'hangAfterEffect':
        return aborted(signal);
      case 'dropAfterEffect':
        dropConnections();
        throw NO_ANSWER;
      case 'reply':
        return fault.change(reply);
      default:
        return reply;
    }
  };
  const admit = async (method: string, request: unknown, context: CallContext): Promise<FaultEffect | undefined> => {
    if (isUnimplemented(method)) throw new RpcError('UNIMPLEMENTED', `unknown method ${method}`);
    const fault = faults.take(method, request);
    await before(fault, context);
    return fault;
  };

  const unary =
    (method: ServerMethod, run: MountedService['implementation'][string]): handleUnaryCall<unknown, unknown> =>
    async (call, callback) => {
      const finish = journal.begin(method.name, call.request);
      const controller = new AbortController();
      call.on('cancelled', () => controller.abort(new RpcError('CANCELLED', 'the client gave up')));
      const context = { signal: controller.signal };
      try {
        const fault = await admit(method.name, call.request, context);
        const reply = await after(fault, await run(call.request as never, context), context);
        finish('ok');
        callback(null, method.responseType.fromPartial(reply as never));
      } catch (error) {
        finish(outcomeOf(error));
        if (error !== NO_ANSWER) callback(grpcError(error));
      }
    };

  const stream =
    (method: ServerMethod, run: MountedService['implementation'][string]): handleServerStreamingCall<unknown, unknown> =>
    async (call) => {
      const finish = journal.begin(method.name, call.request);
      const controller = new AbortController();
      call.on('cancelled', () => controller.abort(new RpcError('CANCELLED', 'the client gave up')));
      call.on('error', () => {});
      const context = { signal: controller.signal };
      try {
        const fault = await admit(method.name, call.request, context);
        for await (const reply of run(call.request as never, context) as AsyncIterable<unknown>) {
          if (controller.signal.aborted) break;
          call.write(method.responseType.fromPartial((await after(fault, reply, context)) as never));
        }
        finish('ok');
        call.end();
      } catch (error) {
        finish(outcomeOf(error));
        if (error !== NO_ANSWER && !controller.signal.aborted) call.emit('error', grpcError(error));
      }
    };

  const grpc = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  for (const { definition, implementation } of services) {
    const methods = Object.entries(definition.methods) as [string, ServerMethod][];
    grpc.addService(
      grpcDefinition(definition, methods),
      Object.fromEntries(
        methods.map(([name, method]) => {
          const run = implementation[name] ?? unimplemented(method.name);
          return [name, method.responseStream ? stream(method, run) : unary(method, run)];
        }),
      ),
    );
  }
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  let listener: NetServer | undefined;

  return {
    start: async () => {
      await rm(socketPath, { force: true });
      listener = createServer((socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => {});
        injector.injectConnection(socket);
      });
      await new Promise<void>((resolve, reject) => {
        listener?.once('error', reject);
        listener?.listen(socketPath, resolve);
      });
    },
    dropConnections,
    stop: async () => {
      const closing = listener;
      listener = undefined;
      dropConnections();
      if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
    },
  };
};

const unimplemented = (name: string) => (): never => {
  throw new RpcError('UNIMPLEMENTED', `unknown method ${name}`);
};

/** Never resolves; rejects when the client gives up. */
const aborted = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => void onAbort(signal, () => reject(signal.reason)));

const grpcError = (error: unknown): { code: number; details: string } =>
  error instanceof RpcError
    ? { code: error.code, details: error.message }
    : { code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };

const outcomeOf = (error: unknown): string => (error === NO_ANSWER ? 'fault' : (status[grpcError(error).code] ?? 'UNKNOWN'));

const grpcDefinition = (definition: ServiceDefinition, methods: readonly [string, ServerMethod][]): GrpcServiceDefinition =>
  Object.fromEntries(
    methods.map(([name, { name: rpc, requestType, responseType, responseStream }]) => {
      const encode = (type: { encode(message: never): { finish(): Uint8Array } }) => (message: unknown) =>
        Buffer.from(type.encode(message as never).finish());
      return [
        name,
        {
          path: `/${definition.fullName}/${rpc}`,
          requestStream: false,
          responseStream,
          requestSerialize: encode(requestType),
          requestDeserialize: (bytes: Buffer) => requestType.decode(bytes),
          responseSerialize: encode(responseType),
          responseDeserialize: (bytes: Buffer) => responseType.decode(bytes),
        },
      ];
    }),
  );
