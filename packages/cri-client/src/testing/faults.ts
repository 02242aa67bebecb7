import type { GrpcCode } from './rpc-error.js';

/** What goes wrong with a call. */
export type FaultEffect =
  /** Answers an error; nothing is done. */
  | { readonly type: 'error'; readonly code: GrpcCode; readonly message?: string }
  /** Does it, then answers an error. */
  | { readonly type: 'errorAfterEffect'; readonly code: GrpcCode; readonly message?: string }
  /** Waits by the fake's clock, then goes on as usual. */
  | { readonly type: 'delay'; readonly ms: number }
  /** Never answers and does nothing, until the client gives up. */
  | { readonly type: 'hang' }
  /** Does it, then never answers. */
  | { readonly type: 'hangAfterEffect' }
  /** Breaks every connection before anything is done. */
  | { readonly type: 'loseConnection' }
  /** Does it, then breaks every connection instead of answering. */
  | { readonly type: 'dropAfterEffect' }
  /** Answers something else. For a streamed reply: changes each message. */
  | { readonly type: 'reply'; readonly change: (reply: unknown) => unknown };

export type Fault = FaultEffect & {
  /** RPC name, such as `RunPodSandbox`, or `*` for all. */
  readonly method: string;
  /** Only calls whose request passes. Default: all. */
  readonly when?: (request: unknown) => boolean;
  /** How many calls it strikes. Default 1. */
  readonly times?: number;
};

export interface FaultHandle {
  /** Calls struck so far. */
  readonly hits: number;
  remove(): void;
}

export interface FaultBook {
  add(fault: Fault): FaultHandle;
  /** The fault that strikes this call, counted; the oldest that fits. */
  take(method: string, request: unknown): FaultEffect | undefined;
  clear(): void;
}

export const createFaultBook = (): FaultBook => {
  const faults = new Set<{ readonly fault: Fault; hits: number }>();
  return {
    add: (fault) => {
      const entry = { fault, hits: 0 };
      faults.add(entry);
      return {
        get hits() {
          return entry.hits;
        },
        remove: () => faults.delete(entry),
      };
    },
    take: (method, request) => {
      for (const entry of faults) {
        const { fault } = entry;
        if (fault.method !== '*' && fault.method !== method) continue;
        if (fault.when !== undefined && !fault.when(request)) continue;
        entry.hits++;
        if (entry.hits >= (fault.times ?? 1)) faults.delete(entry);
        return fault;
      }
      return undefined;
    },
    clear: () => faults.clear(),
  };
};
