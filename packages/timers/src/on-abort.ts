const waiting = new WeakMap<AbortSignal, Set<Waiting>>();

interface Waiting {
  readonly callback: () => void;
}

/**
 * Calls back when a signal aborts, before this returns when it has already; the result takes that back, and is to be called when the work is over.
 * However many callers share a signal, it gets one listener, which leaves with the last of them: Node takes more than ten for a leak and warns, and it
 * keeps a signal of `AbortSignal.any` with all that hangs on it for as long as somebody listens.
 */
export const onAbort = (signal: AbortSignal | undefined, callback: () => void): (() => void) => {
  if (signal === undefined) return nothing;
  if (signal.aborted) {
    callback();
    return nothing;
  }
  const known = waiting.get(signal) ?? listen(signal);
  const own: Waiting = { callback };
  known.add(own);
  return () => {
    if (known.delete(own) && known.size === 0 && waiting.delete(signal)) signal.removeEventListener('abort', callAll);
  };
};

const nothing = (): void => {};

const listen = (signal: AbortSignal): Set<Waiting> => {
  const callers = new Set<Waiting>();
  waiting.set(signal, callers);
  signal.addEventListener('abort', callAll, { once: true });
  return callers;
};

/** Each once; whoever leaves meanwhile is not called any more. */
function callAll(this: AbortSignal): void {
  const callers = waiting.get(this);
  waiting.delete(this);
  for (const caller of callers ?? []) {
    callers?.delete(caller);
    caller.callback();
  }
}
