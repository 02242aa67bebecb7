import { byDeviceId, type Device } from './device.js';

export interface DeviceChoiceRequest {
  /** Devices in all. */
  readonly count: number;
  /** Taken first, in this order: the container's own of an earlier time, then those of init containers that will have ended. */
  readonly first: readonly string[];
  /** Healthy and held by nobody. */
  readonly available: readonly Device[];
  /** NUMA nodes that the topology manager has chosen; undefined: no matter. */
  readonly affinity?: ReadonlySet<number> | undefined;
  /** What the plugin prefers; undefined: it has not been asked. */
  readonly preferred?: readonly string[] | undefined;
}

export type DeviceChoice =
  | { readonly type: 'chosen'; readonly devices: readonly string[] }
  /** The plugin may say which of these suit best; then choose again with its answer. */
  | { readonly type: 'ask'; readonly available: readonly string[]; readonly mustInclude: readonly string[]; readonly count: number }
  | { readonly type: 'short'; readonly missing: number; readonly available: number };

/**
 * Which devices a container gets: those at hand first, then those on the wanted NUMA nodes, as the plugin prefers, then any. Where upstream takes one
 * of several at random, the first by name is taken. Upstream: devicesToAllocate and filterByAffinity in pkg/kubelet/cm/devicemanager/manager.go.
 */
export const chooseDevices = ({ count, first, available, affinity, preferred }: DeviceChoiceRequest): DeviceChoice => {
  const atHand = [...new Set(first)].slice(0, count);
  if (atHand.length === count) return { type: 'chosen', devices: atHand };
  const taken = new Set(atHand);
  const rest = available.filter(({ id }) => !taken.has(id));
  const missing = count - atHand.length;
  if (rest.length < missing) return { type: 'short', missing, available: rest.length };

  const { aligned, others } = byAffinity(rest, affinity);
  if (aligned.length === missing) return { type: 'chosen', devices: [...atHand, ...aligned] };
  const enoughAligned = aligned.length > missing;
  const fixed = enoughAligned ? atHand : [...atHand, ...aligned];
  const candidates = enoughAligned ? aligned : others;
  if (preferred === undefined) {
    return { type: 'ask', available: [...fixed, ...candidates].sort(byDeviceId), mustInclude: [...fixed].sort(byDeviceId), count };
  }
  const offered = new Set(candidates);
  const liked = preferred.filter((id) => offered.has(id));
  return { type: 'chosen', devices: [...new Set([...fixed, ...liked, ...candidates])].slice(0, count) };
};

/** `aligned` are on a wanted node; `others` are the rest: on other nodes first, fewest devices on a node first, then those without a node. */
const byAffinity = (
  devices: readonly Device[],
  affinity: ReadonlySet<number> | undefined,
): { readonly aligned: readonly string[]; readonly others: readonly string[] } => {
  const sorted = [...devices].sort((a, b) => byDeviceId(a.id, b.id));
  if (affinity === undefined || !devices.some(({ numaNodes }) => numaNodes.length > 0))
    return { aligned: [], others: sorted.map(({ id }) => id) };
  const on = (wanted: (node: number) => boolean): readonly string[] => {
    const nodes = [...new Set(sorted.flatMap(({ numaNodes }) => numaNodes.filter(wanted)))];
    const onNode = (node: number): readonly string[] => sorted.filter(({ numaNodes }) => numaNodes.includes(node)).map(({ id }) => id);
    return [
      ...new Set(
        nodes
          .map(onNode)
          .sort((a, b) => a.length - b.length)
          .flat(),
      ),
    ];
  };
  const aligned = on((node) => affinity.has(node));
  const near = new Set(aligned);
  const elsewhere = on((node) => !affinity.has(node)).filter((id) => !near.has(id));
  return { aligned, others: [...elsewhere, ...sorted.filter(({ numaNodes }) => numaNodes.length === 0).map(({ id }) => id)] };
};
