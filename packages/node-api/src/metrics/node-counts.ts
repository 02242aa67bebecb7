/** What the node looks like at the moment of a scrape. */
export interface NodeCounts {
  readonly desiredPods: number;
  /** Not yet at their end. Default: the desired ones. */
  readonly activePods?: number;
  readonly runningPods: number;
  /** Default: none. */
  readonly resizes?: ResizeCounts;
  /** What is known of every pod, wanted or not. */
  readonly workingPods?: readonly WorkingPod[];
  /** By state, in CRI's lower-case words: created, running, exited, unknown. */
  readonly containers: Readonly<Partial<Record<'created' | 'running' | 'exited' | 'unknown', number>>>;
}

/** Resizes of pods that are not done. */
export interface ResizeCounts {
  readonly deferred: number;
  readonly infeasible: number;
  readonly inProgress: number;
}

/** What an edit asks of one amount of one container. */
export interface RequestedResize {
  readonly resource: 'memory' | 'cpu';
  readonly requirement: 'requests' | 'limits';
  readonly operation: 'add' | 'remove' | 'increase' | 'decrease';
}

export interface WorkingPod {
  readonly lifecycle: 'sync' | 'terminating' | 'terminated';
  /** `orphan`: its manifest is gone. `runtime_only`: nothing but the runtime ever told of it. */
  readonly config: 'desired' | 'orphan' | 'runtime_only';
}
