import { createHash } from 'node:crypto';
import { conflateMap } from '@solo-kubelet/timers/rxjs';
import {
  concat,
  concatMap,
  defer,
  from,
  ignoreElements,
  map,
  merge,
  type Observable,
  type ObservableInput,
  type SchedulerLike,
  Subject,
  switchMap,
  timer,
} from 'rxjs';
import type { Listing } from './core/listing.js';
import type { GoodVersion, Slot } from './core/slot.js';
import { initialState, type SourceState } from './core/source-state.js';
import { type ListingRules, type ListingStep, takeListing } from './core/take-listing.js';
import type { LastGoodStore, Validators } from './last-good-store.js';
import type { ManifestEvent, ManifestSourceKind, PrepareManifest } from './manifest-event.js';

/** What a look found, and what the server said about that answer, to be stored with it. */
export interface Look {
  readonly listing: Listing;
  readonly validators?: Validators;
  /** Called once the events of it have been told. */
  readonly taken?: () => void;
}

export interface FollowOptions {
  readonly source: ManifestSourceKind;
  readonly path: string;
  readonly rules: ListingRules;
  readonly store: LastGoodStore;
  /** Of what is stored. Default: it is parsed as it is. */
  readonly prepare?: PrepareManifest;
  /** Whether what is stored may still be used. Default: all of it. */
  readonly trusts?: (text: Uint8Array) => boolean;
  /** Looks once; `stored` is what a server said about the stored answer. May report that it takes long before its outcome. */
  look(stored: Validators): ObservableInput<Look>;
  /** When to look, besides what the core asks for by itself. `state$`: what is known after each look. */
  triggers(state$: Observable<SourceState>): Observable<unknown>;
  readonly scheduler: SchedulerLike;
}

/** Looks at a source whenever told to, one look at a time, and tells what changed. */
export const followSource = ({
  source,
  path,
  rules,
  store,
  prepare,
  trusts,
  look,
  triggers,
  scheduler,
}: FollowOptions): Observable<ManifestEvent> =>
  defer(() => {
    // The one feedback edge: what a look found decides when to look again and whether the directory must be watched anew.
    const step$ = new Subject<ListingStep>();
    const state$ = step$.pipe(map((step) => step.state));
    const recheck$ = step$.pipe(switchMap(({ recheckAfterMs }) => (recheckAfterMs === undefined ? [] : timer(recheckAfterMs, scheduler))));

    return from(
      store.load(path, { parse: rules.parse, nodeName: rules.nodeName, source, ...(prepare && { prepare }), ...(trusts && { trusts }) }),
    ).pipe(
      concatMap((stored) => {
        let state = initialState(source, path, stored.slots);
        /** What could not be saved: a full disk has room again some time, and whoever breaks that file then restarts the kubelet must find it. */
        const unsaved = new Map<string, Validators | undefined>();
        const take = ({ listing, validators, taken }: Look): Observable<ManifestEvent> => {
          const before = state;
          const step = takeListing(before, listing, rules);
          state = step.state;
          const saved$ = defer(() => saveChanges(store, unsaved, { before, after: step.state, validators })).pipe(ignoreElements());
          const fed$ = defer(() => {
            step$.next(step);
            return [];
          });
          const told$ = defer(() => {
            taken?.();
            return [];
          });
          return concat(from(step.events), told$, saved$, fed$);
        };
        return merge(triggers(state$), recheck$).pipe(conflateMap(() => from(look(stored.validators)).pipe(concatMap(take))));
      }),
    );
  });

interface Change {
  readonly before: SourceState;
  readonly after: SourceState;
  readonly validators: Validators | undefined;
}

/** Saves what has changed, and what could not be saved when it had: each look tries once more. */
const saveChanges = async (
  store: LastGoodStore,
  unsaved: Map<string, Validators | undefined>,
  { before, after, validators }: Change,
): Promise<void> => {
  for (const path of new Set([...before.files.keys(), ...after.files.keys(), ...unsaved.keys()])) {
    const old = before.files.get(path)?.slots ?? [];
    const now = after.files.get(path)?.slots ?? [];
    const isSame = old === now || (validators === undefined && goodsText(old) === goodsText(now));
    if (isSame && !unsaved.has(path)) continue;
    const said = isSame ? unsaved.get(path) : now.some((slot) => slot.problem !== undefined) ? undefined : validators;
    if (await store.save(path, now, said)) unsaved.delete(path);
    else unsaved.set(path, said);
  }
};

const goodsText = (slots: readonly Slot[]): string =>
  slots
    .flatMap(({ document, good }) => (good === undefined ? [] : [`${document} ${good.claimedAtMs} ${sealOf(good)} ${good.fingerprint}`]))
    .join('\n');

/** What is encrypted anew is stored anew, though it says the same: who may read it has changed, or it was in clear before. */
const sealOf = ({ sealed, text }: GoodVersion): string => (sealed ? createHash('sha256').update(text).digest('hex') : '');
