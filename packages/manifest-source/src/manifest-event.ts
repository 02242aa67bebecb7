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
  | { readonly type: 'applied'; readonly origin: ManifestOrigin; readonly pod: Pod; readonly warnings: readonly PodSpecIssue[] }
  /** The origin asks for nothing any more. */
  | { readonly type: 'removed'; readonly origin: ManifestOrigin }
  /** The origin can't be used as it is. With `stale` its last good Pod still counts; without, it asks for nothing: a Pod of it that runs is ended. */
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

/** The parser that sources use: pod-spec's `parseManifest`, or a stand-in. */
export type ParseManifest = (
  source: string | Uint8Array,
  options: { readonly path: string; readonly nodeName: string; readonly source?: 'file' | 'url' },
) => {
  readonly documents: readonly { readonly index: number; readonly line: number; readonly result: ParseResult }[];
  /** Whether the manifest is nothing but Lists that are empty on purpose: only then does it ask for no Pod. Default false. */
  readonly emptyList?: boolean;
};
