import { from, mergeMap, type Observable, pairwise, startWith, tap } from 'rxjs';
import type { KubeletContext } from '../kubelet-services.js';
import { sourceEvents } from './source-events.js';

/** Tells as events of the node what becomes of verified sources. */
export const sourceEventsService = ({ sources$, nodeEvent }: KubeletContext): Observable<unknown> =>
  sources$.pipe(
    startWith(new Map()),
    pairwise(),
    mergeMap(([before, now]) => from([...now.values()].flatMap((status) => sourceEvents(before.get(status.name), status)))),
    tap((draft) => nodeEvent(draft)),
  );
