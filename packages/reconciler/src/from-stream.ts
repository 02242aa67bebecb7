import type { Observable } from 'rxjs';
import { fromEmitting } from './from-abortable.js';

/** An async iterable as a stream. Unsubscribing aborts the signal and reads no further. */
export const fromStream = <T>(open: (signal: AbortSignal) => AsyncIterable<T>): Observable<T> =>
  fromEmitting<T>(async (emit, signal) => {
    for await (const value of open(signal)) {
      if (signal.aborted) return;
      emit(value);
    }
  });
