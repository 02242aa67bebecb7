import { type Container, type Pod, type PodStatus, podRequests } from '@solo-kubelet/pod-spec';
import { nobody, type Occupancy } from '../src/core/admission/occupancy.js';
import { occupancyAfter } from '../src/core/admission/occupying-pods.js';
import { canonicalText } from '../src/core/canonical-text.js';
import { computePodActions } from '../src/core/compute-pod-actions.js';
import { DEFAULT_BACKOFF } from '../src/core/crash-backoff.js';
import { generationOf } from '../src/core/observation-ages.js';
import { isLive, newestFirst, type ObservedContainer, type ObservedPod, type ObservedSandbox } from '../src/core/observed-pod.js';
import type { PodAction, PodPlan } from '../src/core/pod-action.js';
import { type PodUid, uidOf } from '../src/core/pod-identity.js';
import { retryDelayMs } from '../src/core/retry-delay.js';
import {
  emptyKubeletState,
  hasRelisted,
  type KubeletState,
  type KubeletStateInput,
  type RestoredRecord,
} from '../src/core/state/kubelet-state.js';
import { reduceKubeletState } from '../src/core/state/reduce-kubelet-state.js';
import { syncInput } from '../src/core/state/sync-input.js';
import { reportedStatus } from '../src/core/status/reported-status.js';
import { lostContainers, nodeFacts, statusTransitionErrors } from '../src/testing/index.js';
import { listedOnly } from '../src/testing/listed-only.js';

type Unstamped<T> = T extends unknown ? Omit<T, 'atMs' | 'wallMs'> : never;

interface Held {
  pod: Pod;
  sandboxes: ObservedSandbox[];
  containers: ObservedContainer[];
}

/** What a faulty machine does to an action. */
export type Fault = 'none' | 'fail' | 'loseReply' | 'kubeletDies';

/**
 * The core with a runtime of plain values around it: one step at a time, everything in one thread, so that a hundred thousand steps take seconds.
 * Breaks of a law are collected in `violations`.
 */
export class CoreModel {
  /** Steady time of the kubelet process. */
  nowMs = Date.UTC(2026, 0, 1);
  /** What the machine's clock, by which the runtime dates things, is ahead of it. */
  private wallAheadMs = 0;
  /** Actions carried out, in words. */
  readonly performed: string[] = [];
  kubeletState: KubeletState = emptyKubeletState;
  readonly manifests = new Map<string, Pod>();
  readonly runtime = new Map<PodUid, Held>();
  readonly violations: string[] = [];
  /** Pods whose status can't be had. */
  readonly unreadable = new Set<PodUid>();
  steps = 0;
  /** What was last shown of each pod. */
  private readonly lostContainers = lostContainers();
  private shown = new Map<PodUid, { readonly status: PodStatus; readonly removed: boolean }>();
  /** Containers that a sync is starting. */
  private starting: { readonly uid: PodUid; readonly name: string } | undefined;
  private generation = 0;
  private ids = 0;
  private records = new Map<PodUid, RestoredRecord>();
  private settings = { sources: [{ source: 'file', path: '/m' }], backoffPolicy: DEFAULT_BACKOFF, allocates: false };

  /** `immortal`: its kubelet never dies in a sync. */
  constructor(private readonly options: { readonly immortal?: boolean } = {}) {
    this.boot();
  }

  /** A new kubelet process: knows nothing but what was saved, and lists everything anew. */
  boot(): void {
    this.nowMs = this.wallMs;
    this.wallAheadMs = 0;
    this.settings = { ...this.settings, backoffPolicy: { ...DEFAULT_BACKOFF, kubeletStartMs: this.nowMs } };
    this.kubeletState = emptyKubeletState;
    this.feed({ type: 'node', facts: nodeFacts({ allocatable: { pods: '3' } }) });
    this.feed({ type: 'restored', records: [...this.records.values()] });
    for (const [path, pod] of this.manifests)
      this.feed({ type: 'manifest', event: { type: 'applied', origin: origin(path), pod, warnings: [] } });
    this.feed({ type: 'manifest', event: { type: 'synced', source: 'file', path: '/m' } });
    this.listAll();
  }

  get wallMs(): number {
    return this.nowMs + this.wallAheadMs;
  }

  /** Somebody sets the machine's clock. */
  jump(ms: number): void {
    this.wallAheadMs = Math.max(this.wallAheadMs + ms, -this.nowMs);
  }

  feed(input: Unstamped<KubeletStateInput>): void {
    this.kubeletState = reduceKubeletState(this.settings, this.kubeletState, {
      ...input,
      atMs: this.nowMs,
      wallMs: this.wallMs,
    } as KubeletStateInput);
    if (roomText(this.kubeletState.occupancy) !== roomText(occupancyAfter(nobody, emptyKubeletState, this.kubeletState)))
      this.violations.push(`after ${input.type} the room that is taken is not that of the pods`);
    for (const [podUid, { status, inputs }] of this.kubeletState.pods) {
      if (status === undefined || inputs.workerState.admission.state !== 'admitted') continue;
      const backoff = [...inputs.workerState.backoff].map(
        ([name, entry]) => [name, { ...entry, updatedAtMs: entry.updatedAtMs + this.wallAheadMs }] as const,
      );
      this.records.set(podUid, { podUid, status, backoff: Object.fromEntries(backoff) });
    }
    for (const [podUid, { inputs }] of this.kubeletState.pods) {
      const { allocating } = inputs.workerState;
      if (allocating) this.feed({ type: 'recorded', podUid, allocating });
    }
    this.checkStatuses();
    for (const uid of this.records.keys()) if (this.kubeletState.restored && !this.kubeletState.pods.has(uid)) this.records.delete(uid);
  }

  /** Of every change of a status that anybody could have seen. */
  private checkStatuses(): void {
    // Nothing is shown yet.
    if (!hasRelisted(this.kubeletState)) {
      this.shown.clear();
      return;
    }
    for (const [uid, state] of this.kubeletState.pods) {
      if (state.status === undefined) continue;
      const [previous, workerState] = [this.shown.get(uid), state.inputs.workerState];
      const next = reportedStatus(state, { looked: true, shown: previous?.status });
      const { pod, removed } = workerState;
      if (next === previous?.status && removed === previous.removed) continue;
      this.shown.set(uid, { status: next, removed });
      this.lostContainers.see(next);
      // A manifest that comes back while what it wanted before is being removed makes its pod anew.
      if (previous === undefined || (previous.removed && !removed) || pod === undefined || workerState.admission.state !== 'admitted')
        continue;
      const starting = new Set(this.starting?.uid === uid ? [this.starting.name] : []);
      const errors = statusTransitionErrors({
        pod,
        previous: previous.status,
        next,
        removing: removed && previous.removed,
        starting,
        lost: this.lostContainers.lost,
      });
      this.violations.push(...errors.map((error) => `${uid}: ${error}`));
    }
    for (const uid of this.shown.keys()) if (this.kubeletState.pods.get(uid)?.status === undefined) this.shown.delete(uid);
  }

  apply(path: string, pod: Pod): void {
    this.manifests.set(path, pod);
    this.feed({ type: 'manifest', event: { type: 'applied', origin: origin(path), pod, warnings: [] } });
  }

  remove(path: string): void {
    if (!this.manifests.delete(path)) return;
    this.feed({ type: 'manifest', event: { type: 'removed', origin: origin(path) } });
  }

  listAll(): void {
    const pods = new Map([...this.runtime.keys()].flatMap((uid) => this.observed(uid)).map((pod) => [pod.uid, pod]));
    const unread = new Set([...pods.keys()].filter((uid) => this.unreadable.has(uid)));
    for (const uid of unread) pods.set(uid, listedOnly(pods.get(uid)!));
    this.feed({ type: 'observed', observation: { type: 'listed', generation: ++this.generation, pods, unread } });
  }

  look(podUid: PodUid): void {
    if (this.unreadable.has(podUid)) return;
    const pod = this.observed(podUid)[0];
    this.feed({ type: 'observed', observation: { type: 'inspected', generation: ++this.generation, podUid, pod } });
  }

  running(): readonly ObservedContainer[] {
    return [...this.runtime.values()].flatMap(({ containers }) => containers.filter(isLive));
  }

  exit(container: ObservedContainer, exitCode: number): void {
    this.change(container.id, { state: 'exited', exitCode, finishedAtMs: this.wallMs, reason: exitCode === 0 ? 'Completed' : 'Error' });
  }

  killSandbox(uid: PodUid): void {
    const held = this.runtime.get(uid);
    if (held === undefined) return;
    for (const container of held.containers) if (isLive(container)) this.exit(container, 137);
    held.sandboxes = held.sandboxes.map((sandbox) => ({ ...sandbox, state: 'notReady', ips: [] }));
  }

  failLiveness(container: ObservedContainer, podUid: PodUid): void {
    const probeResult = {
      podUid,
      pod: '',
      containerName: container.name,
      containerId: container.id,
      kind: 'liveness',
      result: 'failure',
      output: '',
      atMs: this.nowMs,
    } as const;
    this.feed({ type: 'probeResult', probeResult });
  }

  plan(uid: PodUid): PodPlan {
    return computePodActions(syncInput(this.settings, this.kubeletState, uid, this.nowMs));
  }

  /** One pass over a pod, as the worker makes it. True when it had something to do. */
  pass(uid: PodUid, fault: () => Fault): boolean {
    this.look(uid);
    const workerState = this.kubeletState.pods.get(uid)?.inputs.workerState;
    if (workerState === undefined || generationOf(this.kubeletState.ages, uid) < Math.max(1, workerState.minGeneration)) return false;
    const input = syncInput(this.settings, this.kubeletState, uid, this.nowMs);
    const plan = computePodActions(input);
    const activity = (it: Parameters<typeof this.tell>[1]): void => this.tell(uid, it);
    if (plan.done) {
      activity({ type: 'podForgotten' });
      if (this.observed(uid).length > 0) this.violations.push(`${uid} forgotten while something of it is left`);
      return true;
    }
    if (input.workerState.removed || !input.wanted) activity({ type: 'podEnding', orphan: false });
    for (const action of plan.actions) {
      this.steps += 1;
      this.starting = action.type === 'startContainer' ? { uid, name: action.container.name } : undefined;
      activity({ type: 'actionStarted', action });
      const wrong = fault();
      if (wrong !== 'fail') this.perform(uid, action, input.pod);
      if (action.type === 'stopContainers') this.listAll(); // as runtime events do
      this.starting = undefined;
      if (wrong === 'kubeletDies' && !this.options.immortal) {
        this.boot();
        return true;
      }
      if (wrong === 'none' || wrong === 'kubeletDies') {
        activity({ type: 'actionSucceeded', action, durationMs: 1 });
        continue;
      }
      const retryAtMs = this.nowMs + retryDelayMs(input.workerState.failures + 1);
      activity({ type: 'actionFailed', action, reason: 'Failed', message: wrong, retryAtMs });
      if (!(action.type === 'startContainer' && action.kind !== 'init')) break;
    }
    activity({ type: 'syncFinished', actions: plan.actions.length, minGeneration: this.generation + 1, requeueAfterMs: 0 });
    this.look(uid);
    return plan.actions.length > 0;
  }

  /** Passes over all pods until nobody has anything to do; false when that takes too long. */
  settle(): boolean {
    for (let round = 0; round < 40; round++) {
      this.listAll();
      const busy = [...this.kubeletState.pods.keys()].map((uid) => this.pass(uid, () => 'none'));
      if (!busy.includes(true)) return true;
    }
    return false;
  }

  private tell(podUid: PodUid, activity: Extract<Unstamped<KubeletStateInput>, { type: 'activity' }>['activity']): void {
    this.feed({ type: 'activity', podUid, activity });
  }

  private observed(uid: PodUid): readonly ObservedPod[] {
    const held = this.runtime.get(uid);
    if (held === undefined || (held.sandboxes.length === 0 && held.containers.length === 0)) return [];
    const { name, namespace } = held.pod.metadata;
    return [newestFirst({ uid, name, namespace, sandboxes: held.sandboxes, containers: held.containers })];
  }

  private change(id: string, patch: Partial<ObservedContainer>): void {
    for (const held of this.runtime.values()) held.containers = held.containers.map((one) => (one.id === id ? { ...one, ...patch } : one));
  }

  private perform(uid: PodUid, action: PodAction, pod: Pod | undefined): void {
    const held = this.runtime.get(uid);
    this.performed.push(
      `${this.nowMs} ${uid} ${action.type} ${action.type === 'startContainer' ? `${action.container.name} ${action.restartCount}` : ''}`,
    );
    switch (action.type) {
      case 'createSandbox':
        this.createSandbox(uid, action.attempt, pod!);
        return;
      case 'startContainer':
        this.startContainer(held, action, pod!);
        return;
      case 'stopContainers':
        for (const stop of action.stops) {
          const container = held?.containers.find(({ id }) => id === stop.containerId);
          const least = stop.reason === 'RestartAllContainers' ? 0 : Math.min(container?.terminationGracePeriodSeconds ?? 0, 30);
          if (stop.gracePeriodSeconds < least) this.violations.push(`grace of ${uid} cut to ${stop.gracePeriodSeconds} s`);
          // Who has a minute to end uses it to end well.
          if (container !== undefined && isLive(container)) this.exit(container, container.terminationGracePeriodSeconds === 60 ? 0 : 143);
        }
        return;
      case 'stopSandbox':
        for (const container of held?.containers ?? []) {
          if (container.sandboxId === action.podSandboxId && isLive(container))
            this.violations.push(`sandbox of ${uid} stopped under ${container.name}`);
        }
        if (held)
          held.sandboxes = held.sandboxes.map((one) => (one.id === action.podSandboxId ? { ...one, state: 'notReady', ips: [] } : one));
        return;
      case 'removeSandbox':
        if (held) {
          held.sandboxes = held.sandboxes.filter(({ id }) => id !== action.podSandboxId);
          held.containers = held.containers.filter(({ sandboxId }) => sandboxId !== action.podSandboxId);
        }
        return;
      case 'removeContainer':
        if (held?.containers.some((one) => one.id === action.containerId && isLive(one)))
          this.violations.push(`live ${action.containerName} of ${uid} removed`);
        if (held) held.containers = held.containers.filter(({ id }) => id !== action.containerId);
        return;
      case 'cleanPod':
        if (this.observed(uid).length > 0) this.violations.push(`${uid} cleaned while something of it is left`);
        this.runtime.delete(uid);
        return;
      default:
        return;
    }
  }

  private createSandbox(uid: PodUid, attempt: number, pod: Pod): void {
    const held = this.runtime.get(uid) ?? { pod, sandboxes: [], containers: [] };
    this.runtime.set(uid, held);
    held.pod = pod;
    if (held.sandboxes.some(({ state }) => state === 'ready')) this.violations.push(`two ready sandboxes of ${uid}`);
    if (held.sandboxes.some((one) => one.attempt === attempt)) this.violations.push(`sandbox attempt ${attempt} of ${uid} again`);
    for (const [other, { pod: its, sandboxes }] of this.runtime) {
      const sameName = other !== uid && its.metadata.name === pod.metadata.name && sandboxes.some(({ state }) => state === 'ready');
      if (sameName) this.violations.push(`${uid} started while ${other} holds its name`);
    }
    held.sandboxes = [
      {
        id: `s${++this.ids}`,
        attempt,
        state: 'ready',
        createdAtMs: this.wallMs,
        hostNetwork: false,
        ips: ['10.0.0.1'],
        networkReported: true,
      },
      ...held.sandboxes,
    ];
  }

  private startContainer(
    held: Held | undefined,
    { container, kind, restartCount }: PodAction & { type: 'startContainer' },
    pod: Pod,
  ): void {
    const uid = uidOf(pod);
    const sandbox = held?.sandboxes[0];
    if (held === undefined || sandbox?.state !== 'ready') {
      // Of a pod that can't be read nobody knows that its sandbox has died.
      if (!this.unreadable.has(uid)) this.violations.push(`${container.name} of ${uid} started without a sandbox`);
      return;
    }
    if (held.containers.some((one) => one.name === container.name && isLive(one)))
      this.violations.push(`two live ${container.name} of ${uid}`);
    if (held.containers.some((one) => one.name === container.name && one.restartCount >= restartCount)) {
      this.violations.push(`restart count ${restartCount} of ${uid}/${container.name} is not higher than before`);
    }
    this.checkOrder(held, sandbox.id, container, kind, pod);
    const fresh: ObservedContainer = {
      id: `c${++this.ids}`,
      sandboxId: sandbox.id,
      name: container.name,
      state: 'running',
      restartCount,
      hash: '',
      createdAtMs: this.wallMs + this.ids / 1e6,
      startedAtMs: this.wallMs,
      exitCode: 0,
      reason: '',
      message: '',
      runtimeName: 'fake',
      image: '',
      imageRef: '',
      terminationGracePeriodSeconds: Number(pod.spec.terminationGracePeriodSeconds),
    };
    held.containers = [fresh, ...held.containers];
  }

  /** What comes before in the manifest's order must be done, or running for a sidecar, before something may start for the first time. */
  private checkOrder(held: Held, sandboxId: string, container: Container, kind: string, pod: Pod): void {
    const inits = pod.spec.initContainers ?? [];
    const here = held.containers.filter((one) => one.sandboxId === sandboxId);
    if (here.some(({ name }) => pod.spec.containers.some((regular) => regular.name === name))) return; // initialized earlier
    const before =
      kind === 'regular'
        ? inits
        : inits.slice(
            0,
            inits.findIndex(({ name }) => name === container.name),
          );
    for (const init of before) {
      const newest = here.find(({ name }) => name === init.name);
      const sidecar = init.restartPolicy === 'Always';
      const fine = sidecar ? newest !== undefined : newest?.state === 'exited' && newest.exitCode === 0;
      if (!fine) this.violations.push(`${container.name} of ${uidOf(pod)} started before ${init.name}`);
    }
  }
}

const origin = (path: string) => ({ source: 'file', path, document: 0 }) as const;

/** Who takes room, and how much in all. */
const roomText = ({ byUid, byName, used, onHostPorts }: Occupancy): string =>
  canonicalText([
    [...byUid].map(([uid, pod]) => [uid, podRequests(pod)]).sort(),
    [...byName].map(([name, bearers]) => [name, [...bearers.keys()].sort()]).sort(),
    [...used].filter(([, amount]) => amount !== 0n).sort(),
    [...onHostPorts.keys()].sort(),
  ]);
