import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import {
  type ManifestEvent,
  type ManifestOrigin,
  type ParseManifest,
  redactUrl,
  shadowDuplicates,
  watchManifestDirectory,
  watchManifestUrl,
} from '@solo-kubelet/manifest-source';
import {
  kindsWithoutIngress,
  kindsWithoutServices,
  type NodeLabels,
  type NodeValues,
  ownNodeValues,
  parseMixedManifest,
} from '@solo-kubelet/object-spec';
import type { ImageCredentials } from '@solo-kubelet/reconciler/cri';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import type { ImageRoom, RuntimeImages, SourceFile, SourceStatus } from '@solo-kubelet/verified-source';
import { type MonoTypeOperatorFunction, merge, type Observable, share } from 'rxjs';
import type { KubeletConfiguration } from '../config/fields.js';
import { loopPeriodMs } from '../config/loop-period.js';
import { decryptManifests } from '../secrets/decrypt-manifests.js';
import { type VerifiedSources, verifiedSources } from './verified-sources.js';

export interface ManifestSources {
  readonly manifestEvent$: Observable<ManifestEvent>;
  /** Every source that must have been read once before a pod that nobody asks for is ended. */
  readonly sources: readonly { readonly source: 'file' | 'http'; readonly path: string }[];
  /** How each verified source is, by name; at once and on every change. */
  readonly sourceStatuses$: Observable<ReadonlyMap<string, SourceStatus>>;
  /** What is asked of verified sources, and told them. */
  readonly verified: Pick<VerifiedSources, 'keptImages' | 'health' | 'command'>;
}

/** The configured directory, URL and verified sources as one stream, names settled between them; last good versions are kept under the root directory. */
export const manifestSources = (
  config: Pick<
    KubeletConfiguration,
    'staticPodPath' | 'staticPodURL' | 'featureGates' | 'staticPodURLHeader' | 'fileCheckFrequency' | 'httpCheckFrequency'
  >,
  options: {
    readonly nodeName: string;
    readonly rootDirectory: string;
    /** Of the age identities that encrypted manifests are decrypted by; may be missing. */
    readonly ageIdentityFile: string;
    readonly wallNow: () => number;
    readonly logger: Logger;
    /** Whether Services count. Default: they are refused. */
    readonly services?: boolean;
    /** Whether Ingresses count, too. Default: as Services. */
    readonly ingress?: boolean;
    /** Identities of objects that are about to come, by `objectKey`. */
    readonly newUids?: ReadonlyMap<string, string>;
    /** What the source directory holds. Default: nothing. */
    readonly sourceFiles?: readonly SourceFile[];
    /** Environment of the kubelet, and credentials of registries: what verified sources may be asked with. Default: none. */
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly credentials?: ImageCredentials;
    /** Labels of the node, by which verified sources choose what is for it. Default: none. */
    readonly nodeLabels?: Readonly<Record<string, string>>;
    /** What decides which Pods of them may come, and how, told how many sources there are. Default: all, as they are. */
    readonly admit?: (options: { readonly sources: number }) => MonoTypeOperatorFunction<ManifestEvent>;
    /** What takes images of verified sources into the runtime. Default: nobody. */
    readonly runtimeImages?: RuntimeImages | undefined;
    /** Who makes room for them. Default: nobody. */
    readonly imageRoom?: ImageRoom | undefined;
    /** What verified sources may take of the node. Default: its name. */
    readonly nodeValues?: NodeValues;
  },
): ManifestSources => {
  const {
    nodeName,
    rootDirectory,
    ageIdentityFile,
    wallNow,
    logger,
    newUids,
    sourceFiles = [],
    nodeLabels = {},
    nodeValues = ownNodeValues(nodeName),
    services = false,
    ingress = services,
    admit = () => (event$) => event$,
  } = options;
  const { staticPodPath, staticPodURL, staticPodURLHeader: headers } = config;
  const prepare = decryptManifests(ageIdentityFile);
  const parseBy =
    (labels: NodeLabels, values?: NodeValues): ParseManifest =>
    (source, parseOptions) =>
      parseMixedManifest(source, {
        ...parseOptions,
        featureGates: config.featureGates,
        nodeLabels: labels,
        ...(values && { nodeValues: values }),
        ...kindsOf({ services, ingress }),
      });
  const parse = parseBy('unread');
  const kept = (name: string): string => {
    const directory = join(rootDirectory, 'manifests', name);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return directory;
  };
  const file$ =
    staticPodPath === ''
      ? []
      : [
          watchManifestDirectory({
            path: staticPodPath,
            nodeName,
            fileCheckFrequencyMs: loopPeriodMs(config.fileCheckFrequency),
            lastGoodDirectory: kept('files'),
            parse,
            prepare,
            settleNames: false,
            ...(newUids && { newUidOf: (key: string) => newUids.get(key) }),
            scheduler: steadyScheduler,
            wallNow,
            logger,
          }),
        ];
  const http$ =
    staticPodURL === ''
      ? []
      : [
          watchManifestUrl({
            url: staticPodURL,
            headers,
            nodeName,
            httpCheckFrequencyMs: loopPeriodMs(config.httpCheckFrequency),
            cacheDirectory: kept('url'),
            parse,
            prepare,
            settleNames: false,
            scheduler: steadyScheduler,
            logger,
          }),
        ];
  const verified = verifiedSources(sourceFiles, {
    nodeName,
    nodeLabels,
    directoryOf: (name) => kept(join('sources', name)),
    parse: parseBy(nodeLabels, nodeValues),
    prepare,
    ...(options.env && { env: options.env }),
    ...(options.credentials && { credentials: options.credentials }),
    runtimeImages: options.runtimeImages,
    imageRoom: options.imageRoom,
    wallNow,
    logger,
  });
  const priorityOf = ({ source, path }: ManifestOrigin): number => (source === 'http' ? (verified.priorities.get(path) ?? 0) : 0);
  const sources: ManifestSources['sources'] = [
    ...(staticPodPath === '' ? [] : [{ source: 'file' as const, path: resolve(staticPodPath) }]),
    ...(staticPodURL === '' ? [] : [{ source: 'http' as const, path: redactUrl(staticPodURL) }]),
    ...verified.sources,
  ];
  return {
    manifestEvent$: merge(...file$, ...http$, verified.manifestEvent$).pipe(
      admit({ sources: sources.length }),
      shadowDuplicates({ priorityOf }),
      share(),
    ),
    sourceStatuses$: verified.statuses$,
    verified,
    sources,
  };
};

/** Kinds that count beside Pods, and how those that do not are turned on; nothing: all do. */
export const kindsOf = ({
  services,
  ingress,
}: {
  readonly services: boolean;
  readonly ingress: boolean;
}): { readonly kinds?: ReadonlySet<string>; readonly servicesHint?: string } => {
  if (!services) return { kinds: kindsWithoutServices, servicesHint: 'the kubelet flag --service-cluster-ip-range turns them on' };
  return ingress ? {} : { kinds: kindsWithoutIngress, servicesHint: 'the kubelet flag --ingress-proxy is off' };
};
