import { Observable } from 'rxjs';

/** A promise as a stream of one value. Unsubscribing aborts it; what it does after that is nobody's business. */
export const fromAbortable = <T>(work: (signal: AbortSignal) => Promise<T>): Observable<T> =>
  fromEmitting<T>(async (emit, signal) => emit(await work(signal)));

/** Work that says several things while it goes on, and ends with its promise. Unsubscribing aborts it. */
export const fromEmitting = <T>(work: (emit: (value: T) => void, signal: AbortSignal) => Promise<void>): Observable<T> =>
  new Observable<T>((subscriber) => {
    const controller = new AbortController();
    subscriber.add(() => controller.abort());
    work((value) => subscriber.next(value), controller.signal).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
  });
