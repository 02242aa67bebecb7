import { from, Observable, type ObservableInput, type OperatorFunction } from 'rxjs';

/** Runs `project` for the newest value, one run at a time; a value that comes meanwhile is run next, and only the newest of them. */
export const conflate =
  <T, R>(project: (value: T) => ObservableInput<R>): OperatorFunction<T, R> =>
  (source) =>
    new Observable<R>((subscriber) => {
      let pending: { readonly value: T } | undefined;
      let running = false;
      let done = false;
      const next = (): void => {
        const taken = pending;
        pending = undefined;
        if (taken === undefined) {
          if (done) subscriber.complete();
          return;
        }
        running = true;
        subscriber.add(
          from(project(taken.value)).subscribe({
            next: (result) => subscriber.next(result),
            error: (error: unknown) => subscriber.error(error),
            complete: () => {
              running = false;
              next();
            },
          }),
        );
      };
      subscriber.add(
        source.subscribe({
          next: (value) => {
            pending = { value };
            if (!running) next();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            done = true;
            if (!running) next();
          },
        }),
      );
    });
