import type { Observable, Subscription } from 'rxjs';
import { expect } from 'vitest';
import type { ManifestEvent } from '../src/index.js';
import { say } from './say.js';

/** Follows a source and lets a test wait for what it says; `stop` it at the end. */
export const collect = (source: Observable<ManifestEvent>) => {
  const events: ManifestEvent[] = [];
  const said: string[] = [];
  const waiters = new Set<() => void>();
  const subscription: Subscription = source.subscribe({
    next: (event) => {
      events.push(event);
      said.push(say(event));
      for (const wake of [...waiters]) wake();
    },
    error: (error: unknown) => {
      said.push(`error ${String(error)}`);
    },
  });
  return {
    events,
    said,
    stop: () => subscription.unsubscribe(),
    /** Resolves once `line` has been said (again, when it was said before `since`). */
    until: async (line: string, { since = 0, withinMs = 5_000 } = {}): Promise<void> => {
      const found = () => said.slice(since).some((one) => one.startsWith(line));
      if (found()) return;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`never said "${line}", only:\n${said.join('\n')}`)), withinMs);
        const wake = () => {
          if (!found()) return;
          clearTimeout(timer);
          waiters.delete(wake);
          resolve();
        };
        waiters.add(wake);
      });
      expect(said.slice(since).some((one) => one.startsWith(line))).toBe(true);
    },
  };
};
