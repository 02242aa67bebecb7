import { join } from 'node:path';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import {
  type ManifestAnswer,
  type ManifestEvent,
  type ParseManifest,
  type PrepareManifest,
  redactUrl,
  watchManifestAnswers,
} from '@solo-kubelet/manifest-source';
import type { FileLayer } from '@solo-kubelet/state-files';
import { conflateMap, fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  ignoreElements,
  type MonoTypeOperatorFunction,
  map,
  merge,
  type Observable,
  of,
  ReplaySubject,
  repeat,
  type SchedulerLike,
  Subject,
  switchMap,
  take,
  tap,
  timer,
} from 'rxjs';
import { readAnswer } from './answer/read-answer.js';
import { readRevision } from './answer/read-revision.js';
import type { CommandAnswer, Found } from './checker/checker.js';
import { createChecker } from './checker/create-checker.js';
import { firstCheckMs, nextCheckMs } from './core/next-check.js';
import type { SourceHealth } from './core/rollout/decide-rollout.js';
import type { RolloutCommand } from './core/rollout/rollout.js';
import type { SourceDefinition } from './core/source-definition.js';
import { reduceStatus, type SourceStatus, withRollout } from './core/source-status.js';
import type { BlobFiles } from './images/blob-files.js';
import type { ImageRoom } from './images/image-room.js';
import type { RuntimeImages } from './images/runtime-images.js';
import { offerHints, offerMark } from './offers.js';
import { requestTarget } from './places/place-of.js';
import type { RegistryLogins } from './places/registry-client.js';

export type VerifiedSourceOutput =
  | { readonly type: 'manifest'; readonly event: ManifestEvent }
  /** After every check, and at the start. */
  | { readonly type: 'status'; readonly status: SourceStatus }
  /** Images that the source needs to be kept, as its status has them; on every change, and before what makes it so is told. */
  | { readonly type: 'keptImages'; readonly images: readonly string[] };

/** Something that somebody wants of the rollouts of a source. */
export interface SourceCommand {
  readonly command: RolloutCommand;
  /** Called once it is on the disk, or refused. */
  readonly done: (answer: CommandAnswer) => void;
}

export interface VerifiedSourceOptions {
  readonly source: SourceDefinition;
  /** Name of this node: part of every Pod's name. */
  readonly nodeName: string;
  /** Where the last good answer is kept, with its signature; of this source alone. */
  readonly directory: string;
  /** Of answers that are encrypted. What is signed is the encrypted one. */
  readonly prepare?: PrepareManifest;
  /** Labels of this node, by which rollouts choose nodes. Default: none. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** How what the source asks for is, on trial or not, at once and on every change; subscribed to anew for each revision. Default: nobody says it, and what is new is not on trial. */
  readonly health$?: Observable<SourceHealth>;
  readonly command$?: Observable<SourceCommand>;
  /** Default: object-spec's `parseMixedManifest`. */
  readonly parse?: ParseManifest;
  /** Where credentials of buckets are looked for beside the source's own file (`AWS_ACCESS_KEY_ID` and so on). Default: nowhere. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Credentials of registries, as images are pulled with. Default: none. */
  readonly logins?: RegistryLogins;
  readonly scheduler?: SchedulerLike;
  /** The machine's clock, ms since 1970. Default: the scheduler's. */
  readonly wallNow?: () => number;
  /** From 0 to 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** Operations on the files of `directory`. Default: the machine's. */
  readonly files?: FileLayer;
  /** The runtime that images go into which the source itself has. Default: nobody takes any in, and what needs them waits. */
  readonly runtimeImages?: RuntimeImages;
  /** The disks that images come to lie on, and who makes room there. Default: nobody does, and a tenth of the source's own disk stays free. */
  readonly imageRoom?: ImageRoom;
  /** Operations on files of images that are fetched. Default: the machine's. */
  readonly blobFiles?: BlobFiles;
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
  nodeLabels = {},
  health$,
  command$ = EMPTY,
  prepare,
  parse,
  env = {},
  logins = async () => [],
  scheduler: givenScheduler = asyncScheduler,
  wallNow = () => givenScheduler.now(),
  random = Math.random,
  files,
  runtimeImages,
  imageRoom,
  blobFiles,
  logger = silentLogger,
}: VerifiedSourceOptions): Observable<VerifiedSourceOutput> =>
  defer(() => {
    const scheduler = longDelays(givenScheduler);
    const { url, authorization } = requestTarget(source.url);
    const { path, source: word } = verifiedSourceOrigin(source.name);
    let status = initialStatus(source, wallNow());
    const taken$ = new Subject<true>();
    // What the checker comes to, in its order: checks, commands, what becomes of Pods and the time all make it say something.
    const found$ = new Subject<Found>();
    // What is said of the source goes past the stream of manifests, which asks for the checks, by this edge.
    const output$ = new Subject<VerifiedSourceOutput>();
    const tell = (found: Found): void => {
      const nowMs = wallNow();
      const looked = found.finding ? reduceStatus(status, found.finding, { nowMs, renewWithinMs: source.renewWithinMs }) : status;
      status = withRollout(looked, found.rollout, nowMs);
      // What is not asked for any more and may come back is to be kept before it is not.
      output$.next({ type: 'keptImages', images: status.images ?? [] });
      found$.next(found);
      output$.next({ type: 'status', status });
    };
    const checker = createChecker({
      source,
      url,
      authorization,
      env,
      logins,
      path,
      nodeName,
      nodeLabels,
      directory,
      prepare,
      parse,
      hasHealth: health$ !== undefined,
      now: () => scheduler.now(),
      wallNow,
      files,
      runtimeImages,
      imageRoom,
      blobFiles,
      scheduler,
      random,
      logger,
      tell,
      taken: () => taken$.next(true),
    });
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
      repeat({
        delay: () =>
          nextLook(
            status.state === 'Pending' && status.checkedAtMs === undefined ? firstMs() : nextCheckMs(source, status.failures, random()),
          ),
      }),
    );
    const looks$ = merge(
      taken$,
      checker.images$,
      // Asked anew for whatever has begun: where that asks for the same Pods, nothing of them changes.
      taken$.pipe(
        switchMap(() => health$ ?? EMPTY),
        tap((health) => checker.heard(health)),
        // Beside a trial it is only remembered, for when one begins.
        filter(() => status.onTrial === true),
      ),
      found$.pipe(switchMap(({ wakeAfterMs }) => (wakeAfterMs === undefined ? EMPTY : timer(wakeAfterMs, scheduler)))),
    ).pipe(conflateMap(() => from(checker.look())));
    // Before the first is told, nobody would hear what a command changes.
    const started$ = new ReplaySubject<true>(1);
    const commands$ = command$.pipe(
      concatMap(({ command, done }) =>
        started$.pipe(
          take(1),
          concatMap(() => checker.command(command)),
          tap(done),
        ),
      ),
      ignoreElements(),
    );
    const answers = ({ answer }: Found): readonly ManifestAnswer[] => (answer === undefined ? [] : [answer]);

    const manifests$ = fromAbortable(() => checker.restore()).pipe(
      concatMap((restored) => {
        const first$ = defer(() => {
          if (restored !== undefined) tell(restored);
          started$.next(true);
          return EMPTY;
        });
        const wait$ = defer(() => nextLook(firstMs()));
        // What is told first has to be heard by those who look again.
        const asks$ = merge(looks$, concat(first$, wait$.pipe(concatMap(() => checks$)))).pipe(ignoreElements());
        return watchManifestAnswers({
          source: word,
          path,
          nodeName,
          answer$: merge(found$, asks$).pipe(concatMap(answers)),
          directory: join(directory, 'documents'),
          trusts: checker.trusts,
          ...(prepare && { prepare: clearOf(prepare, source) }),
          ...(parse && { parse }),
          settleNames: false,
          ...(files && { files }),
          scheduler,
          logger,
        });
      }),
      map((event): VerifiedSourceOutput => ({ type: 'manifest', event: labelled(event, source.labels) })),
    );
    return merge(output$.pipe(distinctKeptImages()), of<VerifiedSourceOutput>({ type: 'status', status }), commands$, manifests$).pipe(
      finalize(() => checker.close()),
    );
  });

/** Says which images are kept when that changes, and not before there are any. */
const distinctKeptImages = (): MonoTypeOperatorFunction<VerifiedSourceOutput> => (output$) =>
  defer(() => {
    let before = '';
    return output$.pipe(
      filter((output) => {
        if (output.type !== 'keptImages') return true;
        const now = output.images.join('\n');
        const isNews = now !== before;
        before = now;
        return isNews;
      }),
    );
  });

/** Encrypted answers are stored as they came; what was read off their front is read off again. */
const clearOf =
  (prepare: PrepareManifest, source: SourceDefinition): PrepareManifest =>
  async (content) => {
    const opened = await readAnswer(content, { prepare, source });
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
