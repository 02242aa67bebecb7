/** Where changes come from: containerd's own event service, CRI's GetContainerEvents, or nowhere (only relisting tells). */
export type ChangeFeed = 'containerdEvents' | 'criEvents' | 'none';

/** What CRI's records will say of an end once they follow: containerd takes it from the same event. */
export interface TaskEnd {
  readonly exitCode: number;
  /** Unix ms. */
  readonly finishedAtMs: number;
}

/**
 * Something to look at. It says where to look, not what is there: an event may come a moment before the runtime's own records change,
 * so after one, list until the state has followed.
 */
export type PodChange =
  | {
      readonly type: 'podChanged';
      /** The CRI id that changed: of a container, or of a sandbox. */
      readonly containerId: string;
      /** Set where the feed tells it (GetContainerEvents does, containerd's events do not). */
      readonly podSandboxId?: string;
      /** Set where the feed tells it. */
      readonly podUid?: string;
      readonly change: 'created' | 'started' | 'stopped' | 'deleted' | 'other';
      /** How the container (or sandbox) ended, where the feed tells it: with `stopped`, on containerd, before CRI's records do. */
      readonly exit?: TaskEnd;
    }
  /** The runtime is out of reach or its feed broke: nothing is told until the next `resync`. Comes once for each break, also before the first `resync`. */
  | { readonly type: 'offline'; readonly reason: string }
  /** Anything may have changed: list everything. Comes first, and again after each break of the feed. */
  | { readonly type: 'resync'; readonly reason: string; readonly feed: ChangeFeed };
