/** A v1 Event as the kubelet keeps it. */
export interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
  /** Who says so; `kubelet` where it is not said. */
  readonly source?: { readonly component?: string };
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly involvedObject?: {
    readonly kind?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly fieldPath?: string;
  };
}

/** What the kubelet makes of one document of a manifest file or URL. */
export interface ManifestObject {
  readonly source: string;
  readonly path: string;
  readonly document?: number;
  readonly state: string;
  readonly pod?: string;
  /** `Deployment.apps/default/web`, where the document is no Pod. */
  readonly object?: string;
  readonly message?: string;
  readonly issues?: readonly { readonly severity: string; readonly line?: number; readonly column?: number; readonly message: string }[];
}

/** How a verified source of manifests is. Times are RFC 3339. */
export interface SourceObject {
  readonly name: string;
  /** Without user name, password and values of the query. */
  readonly url?: string;
  readonly require: string;
  readonly priority: number;
  /** `Pending`, `Ready`, `Stale` or `Failed`. */
  readonly state: string;
  readonly since: string;
  readonly revision?: number;
  readonly digest?: string;
  readonly verifiedBy?: string;
  /** Names of images that are kept: those that came along with what runs, ran before it or waits, and those of what it may go back to. */
  readonly images?: readonly string[];
  readonly applied?: string;
  readonly checked?: string;
  readonly reason?: string;
  readonly message?: string;
  /** Checks that failed in a row. */
  readonly failures: number;
  /** Whether it was an answer that was refused, and not the way to it that failed. */
  readonly refused?: boolean;
  readonly notRenewed?: boolean;
  /** Whether what runs may still be left for what ran before. */
  readonly onTrial?: boolean;
  /** What is open about the newest revision; none: it runs. */
  readonly rollout?: {
    readonly reason: string;
    readonly message: string;
    readonly revision?: number;
    readonly digest?: string;
    readonly since: string;
  };
  /** How it is with the images that the source itself has; none: all are in the runtime. */
  readonly imageFetch?: {
    readonly images: number;
    /** Of these, how many the runtime has. */
    readonly ready: number;
    /** Bytes that are here, and those that are needed. */
    readonly bytes: number;
    readonly totalBytes: number;
    readonly reason?: string;
    readonly message?: string;
    /** Tries in a row that brought nothing. */
    readonly failures: number;
    /** Whether it was an image that was refused, and not the way to it that failed. */
    readonly refused?: boolean;
  };
  /** The last revision that was given up on this node. */
  readonly refusedRevision?: {
    readonly why: string;
    readonly message: string;
    readonly revision?: number;
    readonly digest: string;
    readonly at: string;
  };
}
