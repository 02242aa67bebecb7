import type { ApiObject, DocumentElsewhere, MixedObject } from '@solo-kubelet/object-spec';
import type { ParseResult, Pod, PodSpecIssue } from '@solo-kubelet/pod-spec';

/**
 * One document of one file or URL. `document` is a slot that stays with its Pod while other documents of the file come and go;
 * it equals the document's position in a file that never changed.
 */
export interface ManifestOrigin {
  /** `file` and `http` are this package's own; a source of your own gives a word of its own, which Pods show as `kubernetes.io/config.source`. */
  readonly source: 'file' | 'http' | (string & {});
  /** Absolute path, or the URL without user name and password. */
  readonly path: string;
  readonly document: number;
}

export type ManifestSourceKind = ManifestOrigin['source'];

export type ManifestEvent =
  /** The Pod that this origin asks for from now on; replaces what the origin asked for before. */
  | {
      readonly type: 'applied';
      readonly origin: ManifestOrigin;
      readonly pod: Pod;
      readonly warnings: readonly PodSpecIssue[];
      /** It was encrypted where it is from: nothing of it is to be kept in clear. */
      readonly sealed?: true;
    }
  /**
   * The object of another kind that this origin holds from now on: read, defaulted, judged by the rules for new objects or, where one of its name was
   * accepted before, for changes. It has a `uid` and a `creationTimestamp` that last as long as the object does, and a `generation` where its kind counts
   * them.
   */
  | {
      readonly type: 'objectApplied';
      readonly origin: ManifestOrigin;
      readonly object: ApiObject;
      readonly warnings: readonly PodSpecIssue[];
      /** As of a Pod. */
      readonly sealed?: true;
    }
  /** The origin asks for nothing any more. */
  | { readonly type: 'removed'; readonly origin: ManifestOrigin }
  /** The origin can't be used as it is. With `stale` its last good version still counts; without, it asks for nothing: a Pod of it that runs is ended. */
  | {
      readonly type: 'rejected';
      readonly origin: ManifestOrigin;
      readonly issues: readonly PodSpecIssue[];
      /** What a static Pod may not reference, in the words of Kubernetes; empty when that is not the cause. */
      readonly apiRef: string;
      readonly message: string;
      readonly stale: boolean;
    }
  /** The origin's Pod is valid but `by` asked for a Pod of that name (or uid) earlier; it is not used until `by` gives it up. */
  | { readonly type: 'shadowed'; readonly origin: ManifestOrigin; readonly by: ManifestOrigin; readonly podKey: string }
  /** The same for an object: `by` holds its kind, namespace and name. */
  | { readonly type: 'objectShadowed'; readonly origin: ManifestOrigin; readonly by: ManifestOrigin; readonly objectKey: string }
  /** A directory entry that is no manifest, and why. Its end is a `removed`. */
  | { readonly type: 'ignored'; readonly origin: ManifestOrigin; readonly reason: string }
  /** The file was written again with the same content: nothing to change, but a sign that somebody wants another try. */
  | { readonly type: 'touched'; readonly origin: ManifestOrigin }
  /** The source can't be read; what it asked for stays. Said again only when the message changes. */
  | { readonly type: 'sourceFailed'; readonly source: ManifestSourceKind; readonly path: string; readonly message: string }
  | { readonly type: 'sourceRecovered'; readonly source: ManifestSourceKind; readonly path: string }
  /** Everything that the source asks for has been said once. Comes once. */
  | { readonly type: 'synced'; readonly source: ManifestSourceKind; readonly path: string };

/** An origin as text, unique among all origins: `file:/etc/kubernetes/manifests/web.yaml#0`. */
export const originKey = ({ source, path, document }: ManifestOrigin): string => `${source}:${path}#${document}`;

/** `namespace/name`: what two manifests may not share. */
export const podKeyOf = (pod: Pod): string => `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`;

/**
 * Turns what a file or an answer holds into the text that is parsed, such as by decrypting it. Gives the same bytes where there is nothing to do.
 * What it makes is kept in memory only, and messages about it name places, never what stands there.
 * @throws Error (rejects) whose message says why it can't, without the path
 */
export type PrepareManifest = (content: Uint8Array) => Promise<Uint8Array>;

/** One document as a parser read it: a Pod, where it says nothing else, or an object of another kind. */
export type ParsedManifestDocument = { readonly index: number; readonly line: number } & (
  | { readonly type?: 'pod'; readonly result: ParseResult }
  | ({ readonly type: 'object' } & MixedObject)
);

/** The parser that sources use: object-spec's `parseMixedManifest`, pod-spec's `parseManifest` where there are to be Pods alone, or a stand-in. */
export type ParseManifest = (
  source: string | Uint8Array,
  options: {
    readonly path: string;
    readonly nodeName: string;
    readonly source?: 'file' | 'url';
    /** The identity of an object by its `objectKey`. */
    readonly uidOf?: (key: string) => string;
  },
) => {
  readonly documents: readonly ParsedManifestDocument[];
  /** Whether the manifest is nothing but Lists that are empty on purpose: only then does it ask for no Pod. Default false. */
  readonly emptyList?: boolean;
  /** Documents that are for other nodes. Default: none. */
  readonly elsewhere?: readonly DocumentElsewhere[];
};
