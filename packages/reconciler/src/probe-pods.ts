import type { ProbeReport, ProbeTarget } from '@solo-kubelet/probe-engine';
import { distinctUntilChanged, EMPTY, map, type Observable, type SchedulerLike, scan } from 'rxjs';
import { canonicalText } from './core/canonical-text.js';
import type { PodUid } from './core/pod-identity.js';
import { selectProbeTargets } from './core/select-probe-targets.js';
import { syncInput } from './core/world/sync-input.js';
import type { World, WorldSettings } from './core/world/world.js';
import type { ReconcilerDeps } from './reconciler-deps.js';

export interface ProbePodsOptions {
  readonly world$: Observable<World>;
  readonly settings: WorldSettings;
  readonly runProbes: ReconcilerDeps['runProbes'];
  readonly scheduler: SchedulerLike;
}

interface Selected {
  readonly world: World;
  readonly byPod: ReadonlyMap<PodUid, readonly ProbeTarget[]>;
}

/** Probes whatever runs and has probes. */
export const probePods = ({ world$, settings, runProbes, scheduler }: ProbePodsOptions): Observable<ProbeReport> => {
  if (runProbes === undefined) return EMPTY;
  return world$.pipe(
    scan((before, world): Selected => selectAll(settings, before, world, scheduler.now()), {
      world: undefined,
      byPod: new Map(),
    } as unknown as Selected),
    map(({ byPod }) => byPod),
    distinctUntilChanged(),
    map((byPod) => [...byPod.values()].flat()),
    runProbes,
  );
};

/** Targets of all pods; those of a pod about which nothing changed are kept, and so is the whole map. */
const selectAll = (settings: WorldSettings, before: Selected, world: World, nowMs: number): Selected => {
  const byPod = new Map<PodUid, readonly ProbeTarget[]>();
  let changed = false;
  for (const uid of world.ledgers.keys()) {
    const known = before.byPod.get(uid);
    const targets = isUnchanged(before.world, world, uid) ? (known ?? []) : targetsOf(settings, world, uid, nowMs);
    const kept = known !== undefined && canonicalText(known) === canonicalText(targets) ? known : targets;
    if (kept.length > 0) byPod.set(uid, kept);
    changed ||= kept !== (known ?? kept) || kept.length > 0 !== (known !== undefined);
  }
  return { world, byPod: changed || byPod.size !== before.byPod.size ? byPod : before.byPod };
};

const isUnchanged = (before: World | undefined, world: World, uid: PodUid): boolean =>
  before !== undefined &&
  before.observed.pods.get(uid) === world.observed.pods.get(uid) &&
  before.statuses.get(uid) === world.statuses.get(uid) &&
  before.verdicts.get(uid) === world.verdicts.get(uid) &&
  before.ledgers.get(uid)?.removed === world.ledgers.get(uid)?.removed &&
  before.desired.pods.get(uid) === world.desired.pods.get(uid);

const targetsOf = (settings: WorldSettings, world: World, uid: PodUid, nowMs: number): readonly ProbeTarget[] => {
  const input = syncInput(settings, world, uid, nowMs);
  return input.pod === undefined ? [] : selectProbeTargets({ ...input, pod: input.pod });
};
