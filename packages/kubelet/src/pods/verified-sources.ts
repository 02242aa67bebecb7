import { basename, extname } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import type { ManifestEvent, ParseManifest, PrepareManifest } from '@solo-kubelet/manifest-source';
import type { ImageCredentials } from '@solo-kubelet/reconciler/cri';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import {
  type CommandAnswer,
  type ImageRoom,
  initialStatus,
  type RolloutCommand,
  type RuntimeImages,
  type SourceCommand,
  type SourceFile,
  type SourceHealth,
  type SourceStatus,
  type VerifiedSourceOutput,
  verifiedSourceOrigin,
  watchVerifiedSource,
} from '@solo-kubelet/verified-source';
import { BehaviorSubject, EMPTY, merge, mergeMap, type Observable, of, Subject, scan, share, shareReplay, startWith, tap } from 'rxjs';

export interface VerifiedSources {
  readonly manifestEvent$: Observable<ManifestEvent>;
  /** Each must have been read once. One whose file can't be used never is: what it asked for before is not known, so nothing is ended for want of it. */
  readonly sources: readonly { readonly source: 'http'; readonly path: string }[];
  /** By path of the origins. */
  readonly priorities: ReadonlyMap<string, number>;
  /** By name; at once and on every change. */
  readonly statuses$: Observable<ReadonlyMap<string, SourceStatus>>;
  /** Images of all sources that are to be kept: see the status of a source. */
  readonly keptImages: () => readonly string[];
  /** The feedback edge: how what a source asks for is. */
  readonly health: (name: string, health: SourceHealth) => void;
  /** Asks for something by hand; undefined where there is no such source. */
  readonly command: (name: string, command: RolloutCommand) => Promise<CommandAnswer> | undefined;
}

export interface VerifiedSourcesOptions {
  readonly nodeName: string;
  /** By which rollouts choose nodes. Default: none. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Where the last good answer of a source is kept. */
  readonly directoryOf: (name: string) => string;
  /** Default: that of watchVerifiedSource. */
  readonly parse?: ParseManifest;
  readonly prepare: PrepareManifest;
  /** Of the kubelet, for credentials of buckets. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Credentials of registries. Default: none. */
  readonly credentials?: Pick<ImageCredentials, 'lookup'>;
  /** What takes images of sources into the runtime. Default: nobody. */
  readonly runtimeImages?: RuntimeImages | undefined;
  /** Who makes room for them. Default: nobody. */
  readonly imageRoom?: ImageRoom | undefined;
  readonly wallNow: () => number;
  readonly logger: Logger;
}

/** The sources of the source directory, checked while the manifests are subscribed to. */
export const verifiedSources = (
  files: readonly SourceFile[],
  {
    nodeName,
    nodeLabels,
    directoryOf,
    parse,
    prepare,
    env,
    credentials,
    runtimeImages,
    imageRoom,
    wallNow,
    logger,
  }: VerifiedSourcesOptions,
): VerifiedSources => {
  const nowMs = wallNow();
  const sources = files.flatMap(({ source }) => (source === undefined ? [] : [source]));
  const unusable = files.filter(({ source }) => source === undefined);
  const keptImages = new Map<string, readonly string[]>();
  const healths = new Map(sources.map(({ name }) => [name, new BehaviorSubject<SourceHealth>({ type: 'unknown' })]));
  const commands = new Map(sources.map(({ name }) => [name, new Subject<SourceCommand>()]));
  const output$ = merge(
    ...sources.map((source) =>
      watchVerifiedSource({
        source,
        nodeName,
        ...(nodeLabels && { nodeLabels }),
        health$: healths.get(source.name) ?? EMPTY,
        command$: commands.get(source.name) ?? EMPTY,
        directory: directoryOf(source.name),
        ...(parse && { parse }),
        prepare,
        ...(env && { env }),
        ...(credentials && { logins: (repository, lookupOptions) => credentials.lookup(repository, lookupOptions) }),
        ...(runtimeImages && { runtimeImages }),
        ...(imageRoom && { imageRoom }),
        scheduler: steadyScheduler,
        wallNow,
        logger,
      }).pipe(
        tap((output) => {
          if (output.type === 'keptImages') keptImages.set(source.name, output.images);
        }),
      ),
    ),
  ).pipe(share<VerifiedSourceOutput>());
  const initial: ReadonlyMap<string, SourceStatus> = new Map([
    ...sources.map((source) => [source.name, initialStatus(source, nowMs)] as const),
    ...unusable.map((file) => [nameOf(file), unusableStatus(file, nowMs)] as const),
  ]);
  return {
    manifestEvent$: output$.pipe(mergeMap((output) => (output.type === 'manifest' ? of(output.event) : []))),
    sources: [...sources.map(({ name }) => name), ...unusable.map(nameOf)].map(verifiedSourceOrigin),
    priorities: new Map(sources.map(({ name, priority }) => [verifiedSourceOrigin(name).path, priority])),
    statuses$: output$.pipe(
      mergeMap((output) => (output.type === 'status' ? of(output.status) : [])),
      scan((known, status) => new Map(known).set(status.name, status), initial),
      startWith(initial),
      shareReplay({ bufferSize: 1, refCount: true }),
    ),
    keptImages: () => [...keptImages.values()].flat(),
    health: (name, health) => healths.get(name)?.next(health),
    command: (name, command) => {
      const command$ = commands.get(name);
      return command$ && new Promise((done) => command$.next({ command, done }));
    },
  };
};

/** A name that no source has, since these have no dots. */
const nameOf = ({ path }: SourceFile): string => (extname(path) === '' ? path : basename(path));

const unusableStatus = (file: SourceFile, nowMs: number): SourceStatus => ({
  name: nameOf(file),
  url: '',
  require: 'signature',
  priority: 0,
  state: 'Failed',
  sinceMs: nowMs,
  reason: 'SourceFileInvalid',
  message: file.problems.join('; '),
  failures: 1,
});
