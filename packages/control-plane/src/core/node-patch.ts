import { plainText } from './plain-text.js';

export interface NodeCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastHeartbeatTime?: string | undefined;
  readonly lastTransitionTime?: string | undefined;
}

/** What a kubelet reads of its Node, and what it writes. */
export interface NodeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly deletionTimestamp?: string | undefined;
  };
  readonly spec?:
    | {
        readonly podCIDR?: string | undefined;
        readonly podCIDRs?: readonly string[] | undefined;
        readonly unschedulable?: boolean | undefined;
        readonly taints?: readonly object[] | undefined;
        readonly providerID?: string | undefined;
      }
    | undefined;
  readonly status?: NodeStatus | undefined;
}

export interface NodeStatus {
  readonly capacity?: Readonly<Record<string, string>> | undefined;
  readonly allocatable?: Readonly<Record<string, string>> | undefined;
  readonly conditions?: readonly NodeCondition[] | undefined;
  readonly addresses?: readonly { readonly type: string; readonly address: string }[] | undefined;
  readonly [field: string]: unknown;
}

/** Labels that a registered node is given anew when they are others; all else of `--node-labels` counts at its creation alone. */
const RECONCILED_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]);
const ATTACH_DETACH = 'volumes.kubernetes.io/controller-managed-attach-detach';
/** Lists that are sent whole. */
const WHOLE_FIELDS = ['images', 'runtimeHandlers', 'features', 'declaredFeatures', 'nodeInfo', 'daemonEndpoints'] as const;
const QUANTITY_FIELDS = ['capacity', 'allocatable'] as const;

export interface NodePatch {
  readonly patch: object;
  /** Whether it says more than that the node is alive. */
  readonly changes: boolean;
}

/**
 * A strategic merge patch of `nodes/NAME/status` that makes the server's copy show what the kubelet knows, heartbeats included. Conditions, resources
 * and labels of others stay. Upstream: pkg/kubelet/kubelet_node_status.go, staging/src/k8s.io/component-helpers/node/util/status.go.
 */
export const nodePatch = (held: NodeObject, told: NodeObject): NodePatch => {
  const metadata = metadataPatch(held, told);
  const status: Record<string, unknown> = {};
  for (const field of WHOLE_FIELDS) {
    if (told.status?.[field] !== undefined && plainText(held.status?.[field]) !== plainText(told.status[field]))
      status[field] = told.status[field];
  }
  for (const field of QUANTITY_FIELDS) {
    const changed = quantitiesPatch(held.status?.[field] ?? {}, told.status?.[field] ?? {});
    if (changed !== undefined) status[field] = changed;
  }
  if (plainText(held.status?.addresses) !== plainText(told.status?.addresses)) {
    status['addresses'] = [...(told.status?.addresses ?? []), { $patch: 'replace' }];
  }
  const before = new Map((held.status?.conditions ?? []).map((condition) => [condition.type, condition]));
  const conditions = (told.status?.conditions ?? []).map((condition) => {
    const known = before.get(condition.type);
    return known?.status === condition.status
      ? { ...condition, lastTransitionTime: known.lastTransitionTime ?? condition.lastTransitionTime }
      : condition;
  });
  const moved = conditions.some((condition) => verdict(before.get(condition.type)) !== verdict(condition));
  const changes = moved || metadata !== undefined || Object.keys(status).length > 0;
  const order = conditions.map(({ type }) => ({ type }));
  const body = { ...status, '$setElementOrder/conditions': order, conditions };
  return { patch: { ...(metadata && { metadata }), status: body }, changes };
};

const verdict = (condition: NodeCondition | undefined): string => plainText([condition?.status, condition?.reason, condition?.message]);

const metadataPatch = (held: NodeObject, told: NodeObject): object | undefined => {
  const labels = Object.entries(told.metadata.labels ?? {}).filter(
    ([name, value]) => RECONCILED_LABELS.has(name) && held.metadata.labels?.[name] !== value,
  );
  const attach = told.metadata.annotations?.[ATTACH_DETACH];
  const annotations =
    attach !== undefined && held.metadata.annotations?.[ATTACH_DETACH] !== attach ? { [ATTACH_DETACH]: attach } : undefined;
  if (labels.length === 0 && annotations === undefined) return undefined;
  return { ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }), ...(annotations && { annotations }) };
};

/** Resources that others advertise stay; huge pages of a size that the machine does not have any more go. */
const quantitiesPatch = (held: Readonly<Record<string, string>>, told: Readonly<Record<string, string>>): object | undefined => {
  const changed = Object.entries(told).filter(([name, value]) => held[name] !== value);
  const gone = Object.keys(held).filter((name) => name.startsWith('hugepages-') && told[name] === undefined);
  if (changed.length === 0 && gone.length === 0) return undefined;
  return { ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((name) => [name, null])) };
};
