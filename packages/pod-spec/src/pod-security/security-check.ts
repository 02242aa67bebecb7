import type { Container, ObjectMeta, PodSpec } from '../gen/pod-types.js';

/** Why a Pod is not as a level has it: what it does, and where. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** What is looked at: a Pod, or the template of one. */
export interface CheckedPod {
  readonly metadata: Pick<ObjectMeta, 'annotations'>;
  readonly spec: PodSpec;
  /** In the order in which they are told of: init containers, containers, those that came for debugging. */
  readonly containers: readonly Container[];
}

export type Check = (pod: CheckedPod) => Violation | undefined;

/** One rule of a level, as it has been since a minor release. */
export interface SecurityCheck {
  readonly id: string;
  /** The oldest first. Before the first there is no such rule. */
  readonly versions: readonly { readonly since: number; readonly check: Check }[];
  /** Rules of the level below that it stands for. */
  readonly replaces?: readonly string[];
}

export const quoted = (items: readonly string[]): string => items.map((item) => `"${item}"`).join(', ');

export const plural = (one: string, several: string, count: number): string => (count === 1 ? one : several);

/** Each once, in order. */
export const distinct = (items: readonly string[]): readonly string[] => [...new Set(items)].sort();

/** `container "a"`, or `containers "a", "b"`. */
export const namedContainers = (names: readonly string[]): string => `${plural('container', 'containers', names.length)} ${quoted(names)}`;

/** The names of those that are so. */
export const containersWith = ({ containers }: CheckedPod, isSo: (container: Container) => unknown): readonly string[] =>
  containers.filter(isSo).map(({ name }) => name ?? '');

/** Who set something: the Pod itself, some of its containers, or both. Empty: nobody. */
export const setters = (byPod: boolean, names: readonly string[]): string =>
  [...(byPod ? ['pod'] : []), ...(names.length > 0 ? [namedContainers(names)] : [])].join(' and ');

/** Windows has no such setting: validation would have refused it. */
export const unlessWindows =
  (check: Check): Check =>
  (pod) =>
    pod.spec.os?.name === 'windows' ? undefined : check(pod);

/** Root of a user namespace of its own is nobody on the node. */
export const unlessOwnUsers =
  (check: Check): Check =>
  (pod) =>
    pod.spec.hostUsers === false ? undefined : check(pod);

const PROFILE_TYPES: ReadonlySet<unknown> = new Set(['RuntimeDefault', 'Localhost']);

/** Profiles that are said, by the Pod or by its containers, and are none that is allowed: who says so, empty for nobody, and their types. */
export const forbiddenProfiles = (
  pod: CheckedPod,
  field: 'appArmorProfile' | 'seccompProfile',
): { readonly who: string; readonly types: readonly string[] } => {
  const typeOf = (context: { readonly [name in typeof field]?: { readonly type?: string } } | undefined): readonly string[] => {
    const profile = context?.[field];
    return profile === undefined || PROFILE_TYPES.has(profile.type) ? [] : [profile.type ?? ''];
  };
  const own = typeOf(pod.spec.securityContext);
  const names = containersWith(pod, ({ securityContext }) => typeOf(securityContext).length > 0);
  const types = distinct([...own, ...pod.containers.flatMap(({ securityContext }) => typeOf(securityContext))]);
  return { who: setters(own.length > 0, names), types };
};
