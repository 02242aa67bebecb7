import { mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import { type Pod, podRequests, quantityMilliValue, quantityValue } from '@solo-kubelet/pod-spec';
import { podKey } from '../pod-identity.js';
import { hostPortsOf } from './host-ports.js';

/** Pods that take room on the node, with the sums that admission asks for: another pod costs the same whatever their number. */
export interface Occupancy {
  readonly byUid: ReadonlyMap<string, Pod>;
  /** `namespace/name` → those of that name. */
  readonly byName: ReadonlyMap<string, ReadonlyMap<string, Pod>>;
  /** Resource → what all ask for, in the unit in which upstream reports it. */
  readonly used: ReadonlyMap<string, bigint>;
  /** Those that have ports of the host's. */
  readonly onHostPorts: ReadonlyMap<string, Pod>;
}

/** The same as one pod sees it. Of several with one name no two run at a time: they count as the largest of them. */
export interface Neighbours {
  /** How many names they have. */
  readonly names: number;
  used(resource: string): bigint;
  readonly onHostPorts: readonly Pod[];
}

export const nobody: Occupancy = { byUid: new Map(), byName: new Map(), used: new Map(), onHostPorts: new Map() };

/** With another pod by this UID, or without one. */
export const withOccupant = (occupancy: Occupancy, uid: string, pod: Pod | undefined): Occupancy => {
  const before = occupancy.byUid.get(uid);
  if (before === pod) return occupancy;
  const left =
    before === undefined || (pod && podKey(pod)) === podKey(before) ? occupancy : withBearer(occupancy, podKey(before), uid, undefined);
  const { byName, used } = withBearer(left, podKey(pod ?? before!), uid, pod);
  const holds = pod !== undefined && hostPortsOf(pod).length > 0;
  return {
    byUid: pod === undefined ? mapWithout(occupancy.byUid, uid) : mapWith(occupancy.byUid, uid, pod),
    byName,
    used,
    onHostPorts: holds ? mapWith(occupancy.onHostPorts, uid, pod) : mapWithout(occupancy.onHostPorts, uid),
  };
};

const withBearer = (occupancy: Occupancy, name: string, uid: string, pod: Pod | undefined): Occupancy => {
  const before = occupancy.byName.get(name);
  const bearers = new Map(before);
  if (pod === undefined) bearers.delete(uid);
  else bearers.set(uid, pod);
  const byName = bearers.size === 0 ? mapWithout(occupancy.byName, name) : mapWith(occupancy.byName, name, bearers);
  const [was, is] = [largestOf(before), largestOf(bearers)];
  const changed = [...new Set([...was.keys(), ...is.keys()])].filter((resource) => was.get(resource) !== is.get(resource));
  if (changed.length === 0) return { ...occupancy, byName };
  const used = new Map(occupancy.used);
  for (const resource of changed) used.set(resource, (used.get(resource) ?? 0n) - (was.get(resource) ?? 0n) + (is.get(resource) ?? 0n));
  return { ...occupancy, byName, used };
};

/** All but the one with this UID and those of the pod's name. */
export const neighboursOf = (occupancy: Occupancy, uid: string, pod: Pod): Neighbours => {
  const { byUid, byName, used, onHostPorts } = occupancy;
  const name = podKey(pod);
  const own = largestOf(byName.get(name));
  // One with a UID of its own choice may hold room by another name.
  const earlier = byUid.get(uid);
  const other = earlier === undefined || podKey(earlier) === name ? undefined : byName.get(podKey(earlier));
  const rest = new Map([...(other ?? [])].filter(([bearer]) => bearer !== uid));
  const [was, is] = [largestOf(other), largestOf(rest)];
  return {
    names: byName.size - (byName.has(name) ? 1 : 0) - (other !== undefined && rest.size === 0 ? 1 : 0),
    used: (resource) => (used.get(resource) ?? 0n) - (own.get(resource) ?? 0n) - (was.get(resource) ?? 0n) + (is.get(resource) ?? 0n),
    onHostPorts:
      onHostPorts.size === 0 ? [] : [...onHostPorts].filter(([by, its]) => by !== uid && podKey(its) !== name).map(([, its]) => its),
  };
};

/** A resource in the unit in which upstream reports it: cpu in thousandths, everything else whole. */
export const amountOf = (resource: string, quantity: string | undefined): bigint => {
  if (quantity === undefined) return 0n;
  return resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
};

const known = new WeakMap<Pod, ReadonlyMap<string, bigint>>();

/** Of a pod that is held against every one that comes. */
const amountsOf = (pod: Pod): ReadonlyMap<string, bigint> => {
  const amounts =
    known.get(pod) ?? new Map(Object.entries(podRequests(pod)).map(([resource, quantity]) => [resource, amountOf(resource, quantity)]));
  known.set(pod, amounts);
  return amounts;
};

const largestOf = (pods: ReadonlyMap<string, Pod> | undefined): ReadonlyMap<string, bigint> => {
  const [first, ...others] = [...(pods?.values() ?? [])];
  if (first === undefined) return new Map();
  if (others.length === 0) return amountsOf(first);
  const largest = new Map(amountsOf(first));
  for (const pod of others)
    for (const [resource, amount] of amountsOf(pod)) if (amount > (largest.get(resource) ?? 0n)) largest.set(resource, amount);
  return largest;
};
