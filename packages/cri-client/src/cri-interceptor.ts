import type { OutputKept } from './exec-output/excerpt.js';

/** One call on its way to the runtime. */
export interface CriCall {
  /** `runtime.v1.RuntimeService`, `runtime.v1.ImageService` or containerd's event service. */
  readonly service: string;
  /** RPC name, such as `RunPodSandbox`. */
  readonly method: string;
  readonly request: unknown;
  /** True when the call resolves to an async iterable of replies instead of one reply. */
  readonly streaming: boolean;
  readonly signal: AbortSignal | undefined;
  /** Time limit, ms; undefined: none. */
  readonly timeoutMs: number | undefined;
  /** Of ExecSync: how much of the output is kept. Undefined: all. */
  readonly outputKept?: OutputKept;
}

export type CriHandler = (call: CriCall) => Promise<unknown>;

/** Wraps every call: for logs, metrics, or faults. The first of a list is the outermost. */
export type CriInterceptor = (next: CriHandler) => CriHandler;

export const chainInterceptors = (interceptors: readonly CriInterceptor[], handler: CriHandler): CriHandler =>
  interceptors.reduceRight((next, interceptor) => interceptor(next), handler);
