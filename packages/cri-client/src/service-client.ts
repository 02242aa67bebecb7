import type { OutputKept } from './exec-output/excerpt.js';

/** One method as ts-proto's generic definitions describe it. */
export interface MethodDefinition {
  readonly name: string;
  readonly requestType: {
    fromPartial(object: never): unknown;
    encode(message: never): { finish(): Uint8Array };
  };
  readonly responseType: { decode(input: Uint8Array): unknown };
  readonly responseStream: boolean;
}

export interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

export interface CriCallOptions {
  /** Ends the call; it then rejects with the signal's reason. What a mutating call did until then is unknown. */
  readonly signal?: AbortSignal;
  /** Time limit of this call, ms; `Infinity` for none. Default: by the kind of call. */
  readonly timeoutMs?: number;
  /**
   * Of ExecSync alone: as much of the beginning and the end of each stream as is wanted. The rest takes no memory, however much it is; the message limit
   * counts as without. Default: all is kept.
   */
  readonly outputKept?: OutputKept;
}

type RequestOf<M extends MethodDefinition> = M['requestType'] extends { fromPartial(object: infer Q): unknown } ? Q : never;
type ReplyOf<M extends MethodDefinition> = ReturnType<M['responseType']['decode']>;

/** A service as functions: a promise for one reply, an async iterable for a stream of them. Fields left out of a request take their zero value. */
export type ServiceClient<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: D['methods'][K]['responseStream'] extends true
    ? (request: RequestOf<D['methods'][K]>, options?: CriCallOptions) => AsyncIterable<ReplyOf<D['methods'][K]>>
    : (request: RequestOf<D['methods'][K]>, options?: CriCallOptions) => Promise<ReplyOf<D['methods'][K]>>;
};

/** Carries one call out: resolves to the reply, or to the async iterable of replies. */
export type Invoke = (service: string, method: MethodDefinition, request: unknown, options: CriCallOptions) => Promise<unknown>;

/** Makes the functions of a service from its definition. */
export const createServiceClient = <D extends ServiceDefinition>(definition: D, invoke: Invoke): ServiceClient<D> =>
  Object.fromEntries(
    Object.entries(definition.methods).map(([name, method]) => [
      name,
      method.responseStream
        ? (request: unknown, options: CriCallOptions = {}) => lazily(() => invoke(definition.fullName, method, request, options))
        : (request: unknown, options: CriCallOptions = {}) => invoke(definition.fullName, method, request, options),
    ]),
  ) as ServiceClient<D>;

/** A stream that is opened when somebody reads it. */
const lazily = (open: () => Promise<unknown>): AsyncIterable<unknown> => ({
  async *[Symbol.asyncIterator]() {
    yield* (await open()) as AsyncIterable<unknown>;
  },
});
