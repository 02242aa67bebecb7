import type { Pod } from '@solo-kubelet/pod-spec';
import { fnv1a128 } from '@solo-kubelet/pod-spec/schema';
import type { SeenPod } from '../expand/sync-workload.js';
import { availableFromMs } from '../pod-state.js';
import { type FindConfig, withImages } from '../rollout/config-of-workload.js';
import { type ConfigVersions, restartsFor, restartsOnChange, withConfigVersion, withVersionMark } from '../rollout/restart-on-change.js';
import { hopeless, ROLLBACK, rolloutDeadlineMs, runningImages } from '../rollout/safe-rollout.js';
import { configName } from '../rollout/template-config.js';
import { isSameJson } from '../same-json.js';
import { judgeWait, type WaitFacts } from '../wait/gate-workload.js';
import { WAIT_FOR } from '../wait/wait-for.js';
import { earliest, type WorkloadEvent } from '../workload.js';

/** On a Pod of a document: how long it must have been ready to count as good. Without a probe a container is ready as it starts. */
const MIN_READY = 'rollback.solo-kubelet.dev/min-ready-seconds';
const DEFAULT_MIN_READY_S = 10;
/** On a Pod that has come back: why what its document asks for is held back. */
export const HELD_BACK = 'rollback.solo-kubelet.dev/held-back';

/** What is kept of a Pod of a document that is to go back by itself, to wait for others, or to be made anew when what it refers to changes. */
export interface GuardedPod {
  /** As its document asks for it, once it was let through. */
  readonly begun?: Pod;
  /** What last served, and the images that it ran, where they can be told by digest. */
  readonly good?: { readonly pod: Pod; readonly images: Readonly<Record<string, string>> };
  /** Why `begun` is not tried again. */
  readonly held?: { readonly message: string };
  /** Since when `begun` may come to serve; undefined once it has. */
  readonly trialMs?: number;
  /** What it refers to, if it is to be made anew when that changes. */
  readonly config?: ConfigVersions;
}

export interface GuardFacts {
  readonly seen: (uid: string) => SeenPod | undefined;
  readonly config: FindConfig;
  readonly waits: WaitFacts;
  /** How others name it: `pod/web`. */
  readonly own: string;
  readonly nowMs: number;
}

export interface GuardStep {
  /** To be written before the rest is done; the same object if nothing changed. */
  readonly entry: GuardedPod;
  /** The Pod to ask for. */
  readonly use: Pod;
  /** The Pod of the document, as of what it refers to. */
  readonly asked: Pod;
  /** Why `asked` does not begin yet. Where `use` is another Pod, that goes on. */
  readonly waiting?: WorkloadEvent;
  readonly event?: WorkloadEvent;
  readonly wakeAtMs?: number;
}

/** Whether annotations ask for any of this. */
export const isGuarded = ({ metadata: { annotations } }: Pod): boolean =>
  annotations !== undefined && (goesBack(annotations) || annotations[WAIT_FOR] !== undefined || restartsOnChange(annotations));

const goesBack = (annotations: Pod['metadata']['annotations']): boolean => annotations?.[ROLLBACK] === 'true';
const isSame = (a: Pod | undefined, b: Pod): boolean => a !== undefined && isSameJson(a, b);
const namespaceOf = ({ metadata }: Pod): string => metadata.namespace ?? 'default';

/** What is to be asked for in place of the Pod of a document, and what is to be written first. Asked again with its own answer it decides nothing more. */
export const guardPod = (before: GuardedPod, document: Pod, facts: GuardFacts): GuardStep => {
  const { asked, known } = withConfig(before, document, facts.config);
  const { annotations } = asked.metadata;
  const begun = isSame(known.begun, asked);
  const waitFor = annotations?.[WAIT_FOR];
  if (!begun && waitFor !== undefined && !hasRun(facts.seen(asked.metadata.uid ?? ''))) {
    const waiting = judgeWait(waitFor, { own: facts.own, namespace: namespaceOf(asked), facts: facts.waits });
    if (waiting !== undefined) return { entry: known, use: inUse(known) ?? asked, asked, waiting };
  }
  const entry = begun ? known : freshTrial(known, asked, facts.nowMs);
  if (!goesBack(annotations)) return { entry, use: asked, asked };
  return entry.held === undefined ? judgeTrial(entry, asked, facts) : { entry, use: inUse(entry) ?? asked, asked };
};

/** What an earlier process let through runs on, whatever became of what it waited for. */
const hasRun = (seen: SeenPod | undefined): boolean =>
  seen?.returns === undefined && seen?.status?.phase !== undefined && seen.status.phase !== 'Pending';

const freshTrial = ({ good, config }: GuardedPod, asked: Pod, nowMs: number): GuardedPod => ({
  begun: asked,
  ...(goesBack(asked.metadata.annotations) && { ...(good && { good }), ...(!isSame(good?.pod, asked) && { trialMs: nowMs }) }),
  ...(config && { config }),
});

const judgeTrial = (entry: GuardedPod, asked: Pod, facts: GuardFacts): GuardStep => {
  const { good, trialMs } = entry;
  const seen = facts.seen(asked.metadata.uid ?? '');
  const status = seen?.returns === undefined ? seen?.status : undefined;
  const pod = { ...asked, ...(status && { status }) };
  const { annotations } = asked.metadata;
  const readyFromMs = availableFromMs(pod, minReadySeconds(annotations));
  const serves = status?.phase === 'Succeeded' || (status?.phase === 'Running' && readyFromMs !== undefined && readyFromMs <= facts.nowMs);
  if (serves) {
    const images = runningImages([pod]);
    const isKnown = trialMs === undefined && isSame(good?.pod, asked) && Object.keys(images).every((name) => good?.images[name]);
    if (isKnown) return { entry, use: asked, asked };
    const { trialMs: _over, ...rest } = entry;
    const earlier = isSame(good?.pod, asked) ? good?.images : undefined;
    return { entry: { ...rest, good: { pod: asked, images: { ...images, ...earlier } } }, use: asked, asked };
  }
  if (trialMs === undefined || good === undefined) return { entry, use: asked, asked, ...wake([readyFromMs], facts.nowMs) };
  const deadlineMs = trialMs + rolloutDeadlineMs(annotations);
  const message =
    hopeless([pod]) ??
    (status?.phase === 'Failed' ? `it failed${status.message ? `: ${status.message}` : ''}` : undefined) ??
    (facts.nowMs >= deadlineMs ? `it did not come to serve within ${rolloutDeadlineMs(annotations) / 1_000} s` : undefined);
  if (message === undefined) return { entry, use: asked, asked, ...wake([readyFromMs, deadlineMs], facts.nowMs) };
  const { trialMs: _over, ...rest } = entry;
  const held = { ...rest, held: { message } };
  const event: WorkloadEvent = {
    type: 'Warning',
    reason: 'RolloutFailed',
    message: `${message}; going back to what served before. Edit the manifest, or touch its file, to try again`,
  };
  return { entry: held, use: inUse(held) ?? asked, asked, event };
};

const wake = (times: readonly (number | undefined)[], nowMs: number): { readonly wakeAtMs?: number } => {
  const wakeAtMs = earliest(times, nowMs);
  return wakeAtMs === undefined ? {} : { wakeAtMs };
};

const minReadySeconds = (annotations: Pod['metadata']['annotations']): number => {
  const seconds = Number(annotations?.[MIN_READY] ?? DEFAULT_MIN_READY_S);
  return Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : DEFAULT_MIN_READY_S;
};

/** What runs by what is kept: the last good one, marked and with its very images, while another is held back. */
const inUse = ({ begun, good, held }: GuardedPod): Pod | undefined => {
  if (held === undefined || good === undefined) return begun;
  const { metadata, spec } = good.pod;
  return {
    ...good.pod,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [HELD_BACK]: held.message } },
    spec: withImages(spec, good.images),
  };
};

/** Images that it may go back to. */
export const keptImagesOf = ({ good }: GuardedPod): readonly string[] => {
  if (good === undefined) return [];
  const { initContainers = [], containers } = good.pod.spec;
  return [...initContainers, ...containers].flatMap(({ name, image }) => [image, good.images[name]].filter((one) => one !== undefined));
};

/** The Pod of a document as of what it refers to: other contents are another Pod. */
const withConfig = (entry: GuardedPod, document: Pod, find: FindConfig): { readonly asked: Pod; readonly known: GuardedPod } => {
  const references = restartsFor(document.metadata.annotations, document);
  if (references.length === 0) return { asked: document, known: entry };
  const found = references.map((reference) => [configName(reference), find(reference.kind, namespaceOf(document), reference.name)?.hash]);
  const config = withConfigVersion(entry.config, Object.fromEntries(found));
  const number = config.versions.at(-1)?.number ?? 1;
  const known = config === entry.config ? entry : { ...entry, config };
  if (number <= 1) return { asked: document, known };
  const uid = fnv1a128(new TextEncoder().encode(`${document.metadata.uid}/${number}`));
  return { asked: { ...document, metadata: { ...withVersionMark(document, number).metadata, uid } as Pod['metadata'] }, known };
};
