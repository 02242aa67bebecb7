import { changedKeys, mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import type { ProbeReport, ProbeTarget } from '@solo-kubelet/probe-engine';
import { distinctUntilChanged, EMPTY, map, type Observable, type SchedulerLike, scan } from 'rxjs';
import { canonicalText } from './core/canonical-text.js';
import type { PodUid } from './core/pod-identity.js';
import { selectProbeTargets } from './core/select-probe-targets.js';
import { emptyKubeletState, type KubeletState, type KubeletStateSettings } from './core/state/kubelet-state.js';
import { syncInput } from './core/state/sync-input.js';
import type { ReconcilerDeps } from './reconciler-deps.js';

export interface ProbePodsOptions {
  readonly kubeletState$: Observable<KubeletState>;
  readonly settings: KubeletStateSettings;
  readonly runProbes: ReconcilerDeps['runProbes'];
  readonly scheduler: SchedulerLike;
}

interface Selected {
  readonly kubeletState: KubeletState;
  /** Of pods that have any. */
  readonly byPod: ReadonlyMap<PodUid, readonly ProbeTarget[]>;
}

const nothingSelected: Selected = { kubeletState: emptyKubeletState, byPod: new Map() };

/** Probes whatever runs and has probes. */
export const probePods = ({ kubeletState$, settings, runProbes, scheduler }: ProbePodsOptions): Observable<ProbeReport> => {
  if (runProbes === undefined) return EMPTY;
  return kubeletState$.pipe(
    scan((before, kubeletState) => select(settings, before, kubeletState, scheduler.now()), nothingSelected),
    map(({ byPod }) => byPod),
    distinctUntilChanged(),
    map((byPod) => [...byPod.values()].flat()),
    runProbes,
  );
};

/** Targets of all pods; those of pods that have not changed are kept, and so is the whole map where none is another. */
const select = (settings: KubeletStateSettings, before: Selected, kubeletState: KubeletState, nowMs: number): Selected => {
  let { byPod } = before;
  for (const uid of changedKeys(before.kubeletState.pods, kubeletState.pods)) {
    const known = byPod.get(uid) ?? [];
    const targets = targetsOf(settings, kubeletState, uid, nowMs);
    if (canonicalText(known) === canonicalText(targets)) continue;
    byPod = targets.length === 0 ? mapWithout(byPod, uid) : mapWith(byPod, uid, targets);
  }
  return { kubeletState, byPod };
};

const targetsOf = (settings: KubeletStateSettings, kubeletState: KubeletState, uid: PodUid, nowMs: number): readonly ProbeTarget[] => {
  const input = syncInput(settings, kubeletState, uid, nowMs);
  return input.pod === undefined ? [] : selectProbeTargets({ ...input, pod: input.pod });
};
