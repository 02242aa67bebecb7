import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import type { FileLayer } from '@solo-kubelet/state-files';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, defer, identity, map, type Observable, of, type SchedulerLike } from 'rxjs';
import type { Listing } from './core/listing.js';
import { followSource } from './follow-source.js';
import { noStore, openLastGoodStore } from './last-good-store.js';
import type { ManifestEvent, ManifestSourceKind, ParseManifest, PrepareManifest } from './manifest-event.js';
import { shadowDuplicates } from './shadow-duplicates.js';

/** What somebody who asks a source by himself found. */
export type ManifestAnswer =
  /** All that the source asks for. `prepared`: what is parsed in the place of `text`, where that is encrypted. `taken`: called once its events have been told. */
  | { readonly type: 'text'; readonly text: Uint8Array; readonly prepared?: Uint8Array; readonly taken?: () => void }
  /** The same as before. */
  | { readonly type: 'unchanged' }
  /** Nothing is known: what the source asked for stays. */
  | { readonly type: 'failed'; readonly message: string };

export interface ManifestAnswersOptions {
  /** The word that Pods show as `kubernetes.io/config.source`. */
  readonly source: ManifestSourceKind;
  /** Name of the source, unique among those of its word; part of where issues are, and of the identity of Pods. */
  readonly path: string;
  readonly nodeName: string;
  /** Asked for by one subscription. */
  readonly answer$: Observable<ManifestAnswer>;
  /** Where the identities of objects are kept, and with them the text they come from. Default: in memory only. */
  readonly directory?: string;
  /** Whether a text that lies in that directory may still be used. Default: all of them. */
  readonly trusts?: (text: Uint8Array) => boolean;
  /** Of texts in that directory that are encrypted. */
  readonly prepare?: PrepareManifest;
  /** Default: object-spec's `parseMixedManifest`. */
  readonly parse?: ParseManifest;
  /** As of `watchManifestDirectory`. Default true. */
  readonly settleNames?: boolean;
  /** Operations on the files of `directory`. Default: the machine's. */
  readonly files?: FileLayer;
  readonly scheduler?: SchedulerLike;
  readonly logger?: Logger;
}

/**
 * The Pods and objects that a source of your own asks for: you fetch, this tells what changed. A text counts as a whole: while any of its documents can't be
 * used, all that counted before it does. Never ends before `answer$` does.
 */
export const watchManifestAnswers = ({
  source,
  path,
  nodeName,
  answer$,
  directory,
  trusts,
  prepare,
  parse = parseMixedManifest,
  settleNames = true,
  files,
  scheduler: givenScheduler = asyncScheduler,
  logger = silentLogger,
}: ManifestAnswersOptions): Observable<ManifestEvent> =>
  defer(() => {
    const scheduler = longDelays(givenScheduler);
    return followSource({
      source,
      path,
      rules: { parse, nodeName, settleMs: 0, removalSettleMs: 0, replacementSettleMs: 0, failedRecheckMs: undefined, whole: true },
      store: directory === undefined ? noStore : openLastGoodStore(resolve(directory), logger, files),
      ...(prepare && { prepare }),
      ...(trusts && { trusts }),
      // Validators are nothing to this source; that there are any has every text stored that is accepted.
      look: () =>
        answer$.pipe(
          map((answer) => ({
            listing: toListing(answer, path, scheduler.now()),
            validators: {},
            ...(answer.type === 'text' && answer.taken && { taken: answer.taken }),
          })),
        ),
      triggers: () => of('start'),
      scheduler,
    });
  }).pipe(settleNames ? shadowDuplicates() : identity);

const toListing = (answer: ManifestAnswer, path: string, atMs: number): Listing => {
  switch (answer.type) {
    case 'text': {
      const { text, prepared } = answer;
      const digest = createHash('sha256').update(text).digest('hex');
      const content = { type: 'text' as const, text, ...(prepared && { prepared }), digest, modifiedAtMs: 0 };
      return { type: 'listed', kind: 'file', atMs, entries: [{ path, content }] };
    }
    case 'unchanged':
      return { type: 'unchanged', atMs };
    case 'failed':
      return { type: 'failed', message: answer.message, useStored: false, atMs };
  }
};
