import type { ObservedContainer } from '@solo-kubelet/reconciler';
import type { SchedulerLike } from 'rxjs';

/** Tells the age of each of these containers, ms; those that are not listed again are forgotten. */
export type ContainerAges = (listed: readonly ObservedContainer[]) => (container: ObservedContainer) => number;

/**
 * Ages by the steady clock. The machine's clock, which may have been set since a container was created, is asked only at the first round: after that
 * a container is as old as this kubelet has known it.
 */
export const containerAges = (scheduler: SchedulerLike, wallNow: () => number = Date.now): ContainerAges => {
  let bornMs: ReadonlyMap<string, number> | undefined;
  return (listed) => {
    const [nowMs, wallMs] = [scheduler.now(), wallNow()];
    const first = bornMs === undefined;
    bornMs = new Map(
      listed.map(({ id, createdAtMs }) => [id, bornMs?.get(id) ?? (first ? nowMs - Math.max(0, wallMs - createdAtMs) : nowMs)]),
    );
    const born = bornMs;
    return ({ id }) => nowMs - (born.get(id) ?? nowMs);
  };
};
