import { Observable } from 'rxjs';

/** A promise as a stream of one value. Unsubscribing aborts it; what it does after that is nobody's business. */
export const fromAbortable = <T>(work: (signal: AbortSignal) => Promise<T>): Observable<T> =>
  fromEmitting<T>(async (emit, signal) => emit(await work(signal)));

/** Work that says several things while it goes on, and ends with its promise. Unsubscribing aborts it. */
export const fromEmitting = <T>(work: (emit: (value: T) => void, signal: AbortSignal) => Promise<void>): Observable<T> =>
  new Observable<T>((subscriber) => {
    const controller = new AbortController();
    let ended = false;
    // Work that has ended is not aborted: every abort makes an error with its stack, and there is one such end for each look at a pod.
    subscriber.add(() => void (ended || controller.abort()));
    work((value) => subscriber.next(value), controller.signal).then(
      () => {
        ended = true;
        subscriber.complete();
      },
      (error: unknown) => {
        ended = true;
        subscriber.error(error);
      },
    );
  });
