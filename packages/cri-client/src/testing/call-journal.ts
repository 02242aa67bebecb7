import type { Clock } from './clock.js';

/** One call that the fake received. */
export interface FakeCall {
  /** RPC name, such as `RunPodSandbox`. */
  readonly method: string;
  readonly request: unknown;
  readonly startedAtMs: number;
  /** Undefined while it runs. */
  readonly finishedAtMs: number | undefined;
  /** `ok`, the gRPC code's name, or `fault` when an injected fault left the client without an answer. */
  readonly outcome: string | undefined;
}

/** Older calls are forgotten beyond this many. */
const LIMIT = 100_000;

export interface CallJournal {
  readonly calls: readonly FakeCall[];
  begin(method: string, request: unknown): (outcome: string) => void;
  /** Resolves when the `count`-th call of a method has arrived and was begun with, past ones included. */
  called(method: string, count?: number): Promise<FakeCall>;
  clear(): void;
}

export const createCallJournal = (clock: Clock): CallJournal => {
  const calls: { -readonly [K in keyof FakeCall]: FakeCall[K] }[] = [];
  const waiting = new Set<() => void>();
  return {
    calls,
    called: (method, count = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          const call = calls.filter((candidate) => candidate.method === method)[count - 1];
          if (call === undefined) return;
          waiting.delete(look);
          // A turn later the fake has begun with it: its timers and commands are set up.
          setImmediate(() => resolve(call));
        };
        waiting.add(look);
        look();
      }),
    begin: (method, request) => {
      const call: (typeof calls)[number] = { method, request, startedAtMs: clock.now(), finishedAtMs: undefined, outcome: undefined };
      calls.push(call);
      if (calls.length > LIMIT) calls.shift();
      for (const look of waiting) look();
      return (outcome) => {
        call.finishedAtMs = clock.now();
        call.outcome = outcome;
      };
    },
    clear: () => {
      calls.length = 0;
    },
  };
};
