import { combineLatest, distinctUntilChanged, EMPTY, finalize, map, type Observable, switchMap, tap } from 'rxjs';
import type { KubeletContext } from '../kubelet-services.js';
import { sourceHealth } from './source-health.js';

/** Tells verified sources how what they ask for is, while a revision of theirs is on trial. At all other times it costs nothing. */
export const sourceHealthService = ({
  sources$,
  manifests$,
  objects$,
  reconciler,
  sourceHealth: tell,
}: KubeletContext): Observable<unknown> =>
  sources$.pipe(
    map((sources) => [...sources.values()].filter(({ onTrial }) => onTrial).map(({ name, digest = '' }) => ({ name, digest }))),
    distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
    switchMap((trials) => {
      if (trials.length === 0) return EMPTY;
      const told = new Map<string, string>();
      return combineLatest([manifests$, reconciler.pods$, objects$]).pipe(
        tap(([{ manifests }, pods, objects]) => {
          for (const { name } of trials) {
            const health = sourceHealth(name, { manifests, pods, objects });
            const text = JSON.stringify(health);
            if (told.get(name) === text) continue;
            told.set(name, text);
            tell(name, health);
          }
        }),
        // What was so of one revision says nothing of the next.
        finalize(() => {
          for (const { name } of trials) tell(name, { type: 'unknown' });
        }),
      );
    }),
  );
