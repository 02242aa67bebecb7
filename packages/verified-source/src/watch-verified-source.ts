import { join } from 'node:path';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import {
  type ManifestAnswer,
  type ManifestEvent,
  type ParseManifest,
  type PrepareManifest,
  readRequestUrl,
  redactUrl,
  watchManifestAnswers,
} from '@solo-kubelet/manifest-source';
import type { FileLayer } from '@solo-kubelet/state-files';
import { fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  filter,
  finalize,
  map,
  merge,
  type Observable,
  of,
  repeat,
  type SchedulerLike,
  Subject,
  take,
  tap,
  timer,
} from 'rxjs';
import { isBundleUrl } from './core/bundle-url.js';
import { firstCheckMs, nextCheckMs } from './core/next-check.js';
import type { SourceDefinition } from './core/source-definition.js';
import { reduceStatus, type SourceStatus } from './core/source-status.js';
import { createChecker, type Found } from './create-checker.js';
import { offerHints, offerMark } from './offers.js';
import { readAnswer } from './read-answer.js';
import { readRevision } from './read-revision.js';

export type VerifiedSourceOutput =
  | { readonly type: 'manifest'; readonly event: ManifestEvent }
  /** After every check, and at the start. */
  | { readonly type: 'status'; readonly status: SourceStatus };

export interface VerifiedSourceOptions {
  readonly source: SourceDefinition;
  /** Name of this node: part of every Pod's name. */
  readonly nodeName: string;
  /** Where the last good answer is kept, with its signature; of this source alone. */
  readonly directory: string;
  /** Of answers that are encrypted. What is signed is the encrypted one. */
  readonly prepare?: PrepareManifest;
  /** Default: object-spec's `parseMixedManifest`. */
  readonly parse?: ParseManifest;
  readonly scheduler?: SchedulerLike;
  /** The machine's clock, ms since 1970. Default: the scheduler's. */
  readonly wallNow?: () => number;
  /** From 0 to 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** Operations on the files of `directory`. Default: the machine's. */
  readonly files?: FileLayer;
  readonly logger?: Logger;
}

/** The word and the path of the origins of a source. */
export const verifiedSourceOrigin = (name: string): { readonly source: 'http'; readonly path: string } => ({
  source: 'http',
  path: `sources/${name}`,
});

/** The status of a source that nobody has asked yet. */
export const initialStatus = ({ name, url, require, priority }: SourceDefinition, nowMs: number): SourceStatus => ({
  name,
  url: redactUrl(url),
  require,
  priority,
  state: 'Pending',
  sinceMs: nowMs,
  failures: 0,
});

/**
 * What a verified source asks for, and how it is. The last good answer is verified again and counts at once; then the source is checked every `intervalMs`,
 * with jitter. Whatever is wrong with an answer, what counted before still does. Names are not settled here: put `shadowDuplicates()` behind the merge of
 * all sources. Never ends and never fails once started.
 */
export const watchVerifiedSource = ({
  source,
  nodeName,
  directory,
  prepare,
  parse,
  scheduler: givenScheduler = asyncScheduler,
  wallNow = () => givenScheduler.now(),
  random = Math.random,
  files,
  logger = silentLogger,
}: VerifiedSourceOptions): Observable<VerifiedSourceOutput> =>
  defer(() => {
    const scheduler = longDelays(givenScheduler);
    const { url, authorization } = isBundleUrl(source.url) ? { url: source.url, authorization: undefined } : readRequestUrl(source.url);
    const { path, source: word } = verifiedSourceOrigin(source.name);
    const checker = createChecker({ source, url, authorization, path, nodeName, directory, prepare, parse, wallNow, files, logger });
    let status = initialStatus(source, wallNow());
    // Checks are made for the stream of manifests, which asks for them when it has read what lies on disk; what they say of the source goes past it by this edge.
    const status$ = new Subject<SourceStatus>();
    const tell = ({ finding }: Found): void => {
      status = reduceStatus(status, finding, { nowMs: wallNow(), renewWithinMs: source.renewWithinMs });
      status$.next(status);
    };
    const firstMs = (): number => firstCheckMs(source, status.digest !== undefined, random());
    let seenOffer: string | undefined;
    // What somebody brings is looked at when it comes, not when the server's turn is.
    const offer$ = offerHints(directory, scheduler).pipe(
      concatMap(() => offerMark(directory)),
      // One that could not be decided is looked at again when the server's turn comes, too.
      filter((mark) => mark !== undefined && mark !== seenOffer),
      tap((mark) => {
        seenOffer = mark;
      }),
    );
    const nextLook = (waitMs: number): Observable<unknown> => merge(timer(waitMs, scheduler), offer$).pipe(take(1));
    const checks$ = defer(() => fromAbortable((signal) => checker.check(signal))).pipe(
      tap(tell),
      repeat({ delay: () => nextLook(status.state === 'Pending' ? firstMs() : nextCheckMs(source, status.failures, random())) }),
    );
    const answers = ({ answer }: Found): readonly ManifestAnswer[] => (answer === undefined ? [] : [answer]);

    const manifests$ = fromAbortable(() => checker.restore()).pipe(
      concatMap((restored) => {
        const first$ = defer(() => (restored === undefined ? [] : [restored])).pipe(tap(tell));
        const wait$ = defer(() => nextLook(firstMs()));
        return watchManifestAnswers({
          source: word,
          path,
          nodeName,
          answer$: concat(first$, wait$.pipe(concatMap(() => checks$))).pipe(concatMap(answers)),
          directory: join(directory, 'documents'),
          trusts: checker.trusts,
          ...(prepare && { prepare: clearOf(prepare, source.maxBytes) }),
          ...(parse && { parse }),
          settleNames: false,
          ...(files && { files }),
          scheduler,
          logger,
        });
      }),
      map((event): VerifiedSourceOutput => ({ type: 'manifest', event: labelled(event, source.labels) })),
    );
    return merge(
      status$.pipe(map((now): VerifiedSourceOutput => ({ type: 'status', status: now }))),
      of<VerifiedSourceOutput>({ type: 'status', status }),
      manifests$,
    ).pipe(finalize(() => checker.close()));
  });

/** Encrypted answers are stored as they came; what was read off their front is read off again. */
const clearOf =
  (prepare: PrepareManifest, maxBytes: number): PrepareManifest =>
  async (content) => {
    const opened = await readAnswer(content, { prepare, maxBytes });
    if (!opened.ok) throw new Error(opened.message);
    if (!opened.sealed) return content;
    const read = readRevision(opened.clear);
    if (!read.ok) throw new Error(read.message);
    return read.body;
  };

const labelled = (event: ManifestEvent, labels: SourceDefinition['labels']): ManifestEvent => {
  if (Object.keys(labels).length === 0) return event;
  if (event.type === 'applied') {
    const { pod } = event;
    return { ...event, pod: { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...labels } } } };
  }
  if (event.type !== 'objectApplied') return event;
  const { object } = event;
  return { ...event, object: { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } } };
};
