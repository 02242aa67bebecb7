/** What `kubectl describe` would show: an Event of Kubernetes without an API server. Equal ones are merged and counted. */
export interface KubeletEvent {
  /** Unique and stable, so that a counted-up event replaces its earlier self. */
  readonly id: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: {
    /** `Pod`, `Node`, or the kind of a workload. */
    readonly kind: 'Pod' | 'Node' | (string & {});
    /** There for workloads. */
    readonly apiVersion?: string;
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
    /** `spec.containers{app}`. */
    readonly fieldPath?: string;
  };
  readonly count: number;
  /** RFC 3339, UTC, whole seconds. */
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  /** `kubelet`, or the controller that does the same in a cluster: `deployment-controller`. */
  readonly source: { readonly component: string };
}
