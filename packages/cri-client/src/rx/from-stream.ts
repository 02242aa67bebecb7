import { Observable } from 'rxjs';

/**
 * An async iterable as an Observable: `fromStream((signal) => cri.changes({ signal }))`. Each subscriber opens one of its own. Unsubscribing aborts the
 * signal and reads no further; rxjs' own `from(iterable)` would wait for the next value before it lets go, and keep the call open until then.
 */
export const fromStream = <T>(open: (signal: AbortSignal) => AsyncIterable<T>): Observable<T> =>
  new Observable<T>((subscriber) => {
    const controller = new AbortController();
    let ended = false;
    subscriber.add(() => void (ended || controller.abort()));
    const read = async (): Promise<void> => {
      for await (const value of open(controller.signal)) {
        if (controller.signal.aborted) return;
        subscriber.next(value);
      }
    };
    read().then(
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
