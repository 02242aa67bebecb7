/** What the arithmetic of a rollout needs to know of a ReplicaSet. */
export interface ReplicaSetSize {
  readonly name: string;
  readonly createdMs: number;
  /** How many Pods it is to have. */
  readonly replicas: number;
  readonly available: number;
  /** What its annotations `desired-replicas` and `max-replicas` say. */
  readonly desired?: number;
  readonly max?: number;
}

export const sumOf = (sets: readonly ReplicaSetSize[], field: 'replicas' | 'available'): number =>
  sets.reduce((sum, set) => sum + set[field], 0);

/** Oldest first, by name where they are of an age. */
export const byAge = (a: ReplicaSetSize, b: ReplicaSetSize): number =>
  a.createdMs - b.createdMs || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

export const isActive = ({ replicas }: ReplicaSetSize): boolean => replicas > 0;
