import { from, Observable, type ObservableInput, type OperatorFunction } from 'rxjs';

/**
 * Maps one value at a time; of those that arrive meanwhile only the newest is kept and mapped next. Unlike `exhaustMap` it never loses
 * the last trigger, unlike `switchMap` it never drops a running projection.
 */
export const conflateMap =
  <T, R>(project: (value: T) => ObservableInput<R>): OperatorFunction<T, R> =>
  (source) =>
    new Observable((subscriber) => {
      let pending: { readonly value: T } | undefined;
      let busy = false;
      let done = false;

      const next = (value: T): void => {
        busy = true;
        subscriber.add(
          from(project(value)).subscribe({
            next: (result) => subscriber.next(result),
            error: (error: unknown) => subscriber.error(error),
            complete: () => {
              busy = false;
              const waiting = pending;
              pending = undefined;
              if (waiting !== undefined) next(waiting.value);
              else if (done) subscriber.complete();
            },
          }),
        );
      };

      subscriber.add(
        source.subscribe({
          next: (value) => {
            if (busy) pending = { value };
            else next(value);
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            done = true;
            if (!busy) subscriber.complete();
          },
        }),
      );
    });
