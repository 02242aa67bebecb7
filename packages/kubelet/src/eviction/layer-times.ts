/** When the runtime says, by the machine's clock, that it measured the layer of a container, ms. */
export interface LayerStamp {
  readonly containerId: string;
  readonly wallMs: number;
}

interface Noted {
  readonly wallMs: number;
  /** By the steady clock, ms; undefined when nobody can tell. */
  readonly atMs: number | undefined;
}

/** By container id: when its layer was measured. */
export type LayerTimes = ReadonlyMap<string, Noted>;

/**
 * Takes in the dates of the newest stats. What was noted once holds, however the machine's clock is set afterwards. A date in the future tells only
 * that the clock was set back: the layer was measured at some time, and counts as old.
 */
export const reduceLayerTimes = (
  noted: LayerTimes,
  stamps: readonly LayerStamp[],
  now: { readonly steadyMs: number; readonly wallMs: number },
): LayerTimes =>
  new Map(
    stamps.map(({ containerId, wallMs }) => {
      const known = noted.get(containerId);
      if (known?.wallMs === wallMs) return [containerId, known];
      const ageMs = now.wallMs - wallMs;
      return [containerId, { wallMs, atMs: ageMs < 0 ? undefined : now.steadyMs - ageMs }];
    }),
  );
