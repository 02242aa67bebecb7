import { combineLatest, distinctUntilChanged, EMPTY, map, type Observable, switchMap, tap } from 'rxjs';
import type { KubeletContext } from '../kubelet-services.js';
import { sourceHealth } from './source-health.js';

/**
 * Tells verified sources how what they ask for is, on trial or not: a new revision is judged by whether the one before served. Where there are no sources it
 * costs nothing.
 */
export const sourceHealthService = ({
  sources$,
  manifests$,
  objects$,
  reconciler,
  sourceHealth: tell,
}: Pick<KubeletContext, 'sources$' | 'manifests$' | 'objects$' | 'sourceHealth'> & {
  readonly reconciler: Pick<KubeletContext['reconciler'], 'pods$'>;
}): Observable<unknown> => {
  const told = new Map<string, { readonly digest: string; readonly text: string }>();
  return sources$.pipe(
    map((sources) => sources.size > 0),
    distinctUntilChanged(),
    // From the start on: whoever comes later to the objects sees those alone that change from then on.
    switchMap((isAny) => (isAny ? combineLatest([sources$, manifests$, reconciler.pods$, objects$]) : EMPTY)),
    tap(([sources, { manifests }, pods, objects]) => {
      for (const { name, digest } of sources.values()) {
        if (digest === undefined) continue;
        const health = sourceHealth(name, { manifests, pods, objects });
        const text = JSON.stringify(health);
        const before = told.get(name);
        if (before?.digest === digest && before.text === text) continue;
        told.set(name, { digest, text });
        // What was so of one revision says nothing of the next.
        if (before !== undefined && before.digest !== digest) tell(name, { type: 'unknown' });
        tell(name, health);
      }
    }),
  );
};
