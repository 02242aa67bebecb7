import type { ObservedContainer, ObservedPod } from './observed-pod.js';

/** When something was, by two clocks, ms. */
export interface Moment {
  /** By the steady clock, which durations are measured with: nobody can set it. */
  readonly steadyMs: number;
  /** By the machine's clock, which may jump at any time. What a runtime tells is of it, and what a status shows. */
  readonly wallMs: number;
}

/** When a container was created, started and finished by the steady clock, ms. */
export type ContainerTimes = Pick<ObservedContainer, 'createdAtMs' | 'startedAtMs' | 'finishedAtMs'>;

interface Noted {
  readonly container: ObservedContainer;
  readonly times: ContainerTimes;
}

/** By container id. */
export type SteadyTimes = ReadonlyMap<string, Noted>;

export interface SteadyTimesContext {
  readonly now: Moment;
  /** Steady time of the last listing of the pod before this observation; undefined at the first. What it did not show yet has happened since. */
  readonly listedAtMs: number | undefined;
  /** What the first listing shows was created before. */
  readonly kubeletStartMs: number;
}

/**
 * When the containers of a pod, as it is observed now, were created, started and finished. What was noted once holds. Of anything else the machine's
 * clock tells how long ago it was, within the bounds of what can be: not in the future, and not before the last listing that did not show it.
 */
export const steadyTimesOf = (noted: SteadyTimes, pod: ObservedPod | undefined, context: SteadyTimesContext): SteadyTimes =>
  new Map(pod?.containers.map((container) => [container.id, timed(noted.get(container.id), container, context)]));

const timed = (known: Noted | undefined, container: ObservedContainer, context: SteadyTimesContext): Noted => {
  if (known?.container === container) return known;
  const at = (what: 'startedAtMs' | 'finishedAtMs'): ContainerTimes | object => {
    const wallMs = container[what];
    if (wallMs === undefined) return {};
    return { [what]: known?.container[what] === wallMs ? known.times[what] : steadyOf(wallMs, context) };
  };
  const createdAtMs = known?.times.createdAtMs ?? creationOf(container, context);
  return { container, times: { createdAtMs, ...at('startedAtMs'), ...at('finishedAtMs') } };
};

const creationOf = ({ createdAtMs }: ObservedContainer, context: SteadyTimesContext): number => {
  const steadyMs = steadyOf(createdAtMs, context);
  return context.listedAtMs === undefined ? Math.min(steadyMs, context.kubeletStartMs - 1) : steadyMs;
};

const steadyOf = (wallMs: number, { now, listedAtMs = Number.NEGATIVE_INFINITY }: SteadyTimesContext): number =>
  now.steadyMs - Math.min(Math.max(0, now.wallMs - wallMs), Math.max(0, now.steadyMs - listedAtMs));

/** The container with its times by the steady clock instead of the runtime's. */
export const inSteadyTime = (container: ObservedContainer, noted: SteadyTimes | undefined): ObservedContainer => ({
  ...container,
  ...noted?.get(container.id)?.times,
});

/** The container's last instance that has ended, in steady time. */
export const newestExit = (pod: ObservedPod | undefined, name: string, noted: SteadyTimes | undefined): ObservedContainer | undefined => {
  const exited = pod?.containers.find((container) => container.name === name && container.state === 'exited');
  return exited && inSteadyTime(exited, noted);
};
