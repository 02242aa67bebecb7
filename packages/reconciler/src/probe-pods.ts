import { changedKeys, mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import type { ProbeReport, ProbeTarget } from '@solo-kubelet/probe-engine';
import { distinctUntilChanged, EMPTY, map, type Observable, type SchedulerLike, scan } from 'rxjs';
import { canonicalText } from './core/canonical-text.js';
import type { PodUid } from './core/pod-identity.js';
import { selectProbeTargets } from './core/select-probe-targets.js';
import { syncInput } from './core/world/sync-input.js';
import { emptyWorld, type World, type WorldSettings } from './core/world/world.js';
import type { ReconcilerDeps } from './reconciler-deps.js';

export interface ProbePodsOptions {
  readonly world$: Observable<World>;
  readonly settings: WorldSettings;
  readonly runProbes: ReconcilerDeps['runProbes'];
  readonly scheduler: SchedulerLike;
}

interface Selected {
  readonly world: World;
  /** Of pods that have any. */
  readonly byPod: ReadonlyMap<PodUid, readonly ProbeTarget[]>;
}

const nothingSelected: Selected = { world: emptyWorld, byPod: new Map() };

/** Probes whatever runs and has probes. */
export const probePods = ({ world$, settings, runProbes, scheduler }: ProbePodsOptions): Observable<ProbeReport> => {
  if (runProbes === undefined) return EMPTY;
  return world$.pipe(
    scan((before, world) => select(settings, before, world, scheduler.now()), nothingSelected),
    map(({ byPod }) => byPod),
    distinctUntilChanged(),
    map((byPod) => [...byPod.values()].flat()),
    runProbes,
  );
};

/** Targets of all pods; those of pods that have not changed are kept, and so is the whole map where none is another. */
const select = (settings: WorldSettings, before: Selected, world: World, nowMs: number): Selected => {
  let { byPod } = before;
  for (const uid of changedKeys(before.world.pods, world.pods)) {
    const known = byPod.get(uid) ?? [];
    const targets = targetsOf(settings, world, uid, nowMs);
    if (canonicalText(known) === canonicalText(targets)) continue;
    byPod = targets.length === 0 ? mapWithout(byPod, uid) : mapWith(byPod, uid, targets);
  }
  return { world, byPod };
};

const targetsOf = (settings: WorldSettings, world: World, uid: PodUid, nowMs: number): readonly ProbeTarget[] => {
  const input = syncInput(settings, world, uid, nowMs);
  return input.pod === undefined ? [] : selectProbeTargets({ ...input, pod: input.pod });
};
