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

/** One rule of a level, as it has been since a minor release. */
export interface SecurityCheck {
  readonly id: string;
  /** The oldest first. Before the first there is no such rule. */
  readonly versions: readonly { readonly since: number; readonly check: (pod: CheckedPod) => Violation | undefined }[];
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

export const isWindows = ({ spec }: CheckedPod): boolean => spec.os?.name === 'windows';

/** Root of a user namespace of its own is nobody on the node. */
export const hasOwnUsers = ({ spec }: CheckedPod): boolean => spec.hostUsers === false;
