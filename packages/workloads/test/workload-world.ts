import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { type ApiObject, parseObjects } from '@solo-kubelet/object-spec';
import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { NEVER, type ObservableInput, of, Subject, type Subscription, throwError, VirtualTimeScheduler } from 'rxjs';
import {
  type OrphanPod,
  type PodFeedback,
  runWorkloads,
  type WorkloadEntry,
  type WorkloadOutput,
  type WorkloadView,
} from '../src/rx/index.js';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

interface LivePod {
  readonly pod: Pod;
  status: PodStatus;
  terminating: boolean;
  returns?: 'refused' | 'evicted';
}

/** The objects of a text. */
export const objectsOf = (text: string): readonly ApiObject[] =>
  parseObjects(text, { path: 'test.yaml', uid: `uid-of-${/name: ([\w-]+)/.exec(text)?.[1]}` }).map(({ result }) => {
    if (!result.ok) throw new Error(result.message || JSON.stringify(result.issues));
    return result.object;
  });

/** A node in virtual time with workloads, a store that outlives crashes, and Pods that do what a test says. */
export class World {
  readonly scheduler = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  readonly pods = new Map<string, LivePod>();
  readonly kept = new Map<string, string>();
  readonly views = new Map<string, WorkloadView>();
  readonly told: string[] = [];
  readonly troubles: string[] = [];
  /** Data of the ConfigMaps that workloads made, by name. */
  readonly objects = new Map<string, unknown>();
  private readonly objectNames = new Map<string, string>();
  /** Writes, and what was asked of the kubelet. */
  calls = 0;
  saves = 0;
  /** What happens to the next write: `lost` and `kept` end the process there. */
  nextWrite: 'done' | 'lost' | 'kept' | 'failed' = 'done';
  clockAheadMs = 0;
  listed = true;
  onApplied: (pod: Pod) => void = () => {};
  private readonly documents = new Map<string, ApiObject>();
  private readonly origins = new Map<string, string>();
  private events = new Subject<ManifestEvent>();
  private feedback = new Subject<PodFeedback>();
  private running: Subscription | undefined;
  private uids = 0;
  private synced = true;

  now(): number {
    return START_MS + this.scheduler.now() + this.clockAheadMs;
  }

  start({ synced = true, listed = true } = {}): void {
    this.stop();
    this.events = new Subject();
    this.feedback = new Subject();
    this.origins.clear();
    this.objects.clear();
    this.objectNames.clear();
    this.listed = listed;
    this.synced = synced;
    this.running = this.events
      .pipe(
        runWorkloads({
          sources: [{ source: 'file', path: '/m' }],
          podFeedback$: this.feedback,
          node: { name: 'node1', fits: () => true },
          newUid: () => {
            this.uids += 1;
            return `uid-${this.uids}`;
          },
          scheduler: this.scheduler,
          wallNow: () => this.now(),
          guardStore: { load: () => of(new Map()), save: () => of(undefined), remove: () => of(undefined) },
          store: {
            load: () => of(new Map([...this.kept].map(([key, text]) => [key, JSON.parse(text) as WorkloadEntry]))),
            save: (key, entry) => this.write(() => this.kept.set(key, JSON.stringify(entry))),
            remove: (key) => this.write(() => this.kept.delete(key)),
          },
        }),
      )
      .subscribe((output) => this.take(output));
    this.tell();
    for (const [name, object] of this.documents) this.say(name, object);
    if (synced) this.sync();
  }

  stop(): void {
    this.running?.unsubscribe();
    this.running = undefined;
  }

  sync(): void {
    this.synced = true;
    this.events.next({ type: 'synced', source: 'file', path: '/m' });
  }

  /** Whether the process ended at a write. */
  isDown(): boolean {
    return this.running === undefined;
  }

  apply(text: string): void {
    for (const object of objectsOf(text)) this.say(`${object.kind}/${object.metadata.name}`, object);
  }

  remove(name: string): void {
    if (!this.documents.delete(name)) return;
    this.events.next({ type: 'removed', origin: { source: 'file', path: name, document: 0 } });
  }

  /** A document asks for a Pod of this name. */
  holdName(pod: Pod): void {
    this.events.next({ type: 'applied', origin: { source: 'file', path: 'pod', document: 0 }, pod, warnings: [] });
  }

  releaseName(): void {
    this.events.next({ type: 'removed', origin: { source: 'file', path: 'pod', document: 0 } });
  }

  /** Lets virtual time pass. */
  pass(ms: number): void {
    const until = this.scheduler.now() + ms;
    this.scheduler.maxFrames = until;
    this.scheduler.flush();
    this.scheduler.frame = until;
  }

  live(): readonly LivePod[] {
    return [...this.pods.values()].filter(
      ({ terminating, status }) => !terminating && status.phase !== 'Failed' && status.phase !== 'Succeeded',
    );
  }

  names(): readonly string[] {
    return this.live().map(({ pod }) => pod.metadata.name ?? '');
  }

  ready(live: LivePod, isReady = true): void {
    const before = live.status.conditions?.[0];
    if (before?.status === (isReady ? 'True' : 'False')) return;
    live.status = {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: time(this.now()) }],
      containerStatuses: [],
    } as PodStatus;
    this.renew(live);
  }

  /** Tells which image a ready Pod runs. */
  runs(live: LivePod, imageID: string): void {
    const status = { name: 'app', ready: true, restartCount: 0, image: 'x', imageID };
    live.status = { ...live.status, containerStatuses: [status] } as unknown as PodStatus;
    this.renew(live);
  }

  end(live: LivePod, exitCode: number): void {
    const terminated = { exitCode, finishedAt: time(this.now()) };
    const status = { name: 'app', ready: false, restartCount: 0, image: 'x', imageID: '', state: { terminated } };
    live.status = { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses: [status] } as unknown as PodStatus;
    this.renew(live);
  }

  refuse(live: LivePod, returns: 'refused' | 'evicted' = 'refused'): void {
    live.status = { phase: 'Failed', reason: returns === 'refused' ? 'OutOfcpu' : 'Evicted' };
    live.returns = returns;
    this.renew(live);
  }

  /** What was to end has ended. */
  reap(): void {
    let any = false;
    for (const [uid, { terminating }] of this.pods) if (terminating) any = this.pods.delete(uid) || any;
    if (any) this.tell();
  }

  /** Everything that can serve does, and what is to end ends, until nothing happens any more. */
  settle(serves: (pod: Pod) => boolean = () => true, rounds = 60): void {
    for (let round = 0; round < rounds; round += 1) {
      const before = this.calls;
      this.reap();
      for (const live of this.live()) if (serves(live.pod)) this.ready(live);
      // Pods come to serve within seconds; only where nothing happens time goes by.
      this.pass(5_000);
      if (this.calls !== before || this.live().some(({ pod, status }) => serves(pod) && status.conditions?.[0]?.status !== 'True'))
        continue;
      this.pass(1_000_000);
      if (this.calls === before) return;
    }
  }

  tell(): void {
    this.feedback.next({
      listed: this.listed,
      pods: new Map([...this.pods].map(([uid, live]) => [uid, this.seen(live)])),
      orphans: () => this.orphans(),
    });
  }

  /** What is there and nobody asks for, as the runtime tells it. */
  private orphans(): readonly OrphanPod[] {
    const wanted = new Set(this.origins.values());
    return [...this.pods.values()].flatMap(({ pod: { metadata }, status, terminating }) =>
      !terminating && !wanted.has(metadata.uid ?? '')
        ? [
            {
              uid: metadata.uid ?? '',
              namespace: 'default',
              name: metadata.name ?? '',
              labels: metadata.labels ?? {},
              phase: status.phase!,
            },
          ]
        : [],
    );
  }

  private readonly seenCache = new WeakMap<PodStatus, { status: PodStatus; returns?: 'refused' | 'evicted' }>();
  private seen({ status, returns }: LivePod): { status: PodStatus; returns?: 'refused' | 'evicted' } {
    const cached = this.seenCache.get(status) ?? { status, ...(returns && { returns }) };
    this.seenCache.set(status, cached);
    return cached;
  }

  private renew(live: LivePod): void {
    this.pods.set(live.pod.metadata.uid ?? '', live);
    this.tell();
  }

  private say(name: string, object: ApiObject): void {
    this.documents.set(name, object);
    this.events.next({ type: 'objectApplied', origin: { source: 'file', path: name, document: 0 }, object, warnings: [] });
  }

  private write(keep: () => void): ObservableInput<unknown> {
    const what = this.nextWrite;
    this.nextWrite = 'done';
    this.calls += 1;
    this.saves += 1;
    if (what === 'failed') return throwError(() => new Error('no space left on device'));
    if (what !== 'lost') keep();
    if (what === 'done') return of(undefined);
    this.stop();
    return NEVER;
  }

  private take(output: WorkloadOutput): void {
    if (output.type === 'event') this.told.push(`${output.about.kind}/${output.about.name} ${output.event.reason} ${output.event.message}`);
    if (output.type === 'trouble') this.troubles.push(output.message);
    if (output.type === 'workload') {
      if (output.view === undefined) this.views.delete(output.key);
      else this.views.set(output.key, output.view);
    }
    if (output.type !== 'manifest') return;
    const { event } = output;
    if ('origin' in event && event.origin.source === 'workload') {
      const origin = `${event.origin.path}#${event.origin.document}`;
      if (event.type === 'objectApplied' && event.object.kind === 'ConfigMap') {
        this.objects.set(event.object.metadata.name ?? '', event.object.data);
        this.objectNames.set(origin, event.object.metadata.name ?? '');
      }
      if (event.type === 'removed') this.objects.delete(this.objectNames.get(origin) ?? '');
    }
    if (event.type === 'applied' && event.origin.source === 'workload')
      this.takeApplied(`${event.origin.path}#${event.origin.document}`, event.pod);
    if (event.type === 'removed' && this.origins.has(`${event.origin.path}#${event.origin.document}`)) {
      this.calls += 1;
      const uid = this.origins.get(`${event.origin.path}#${event.origin.document}`)!;
      const live = this.pods.get(uid);
      if (live) live.terminating = true;
      this.tell();
    }
    // What nobody asks for any more ends once everything that is wanted has been said.
    if (event.type === 'synced' && event.source === 'workload') {
      const wanted = new Set(this.origins.values());
      for (const [uid, live] of this.pods) if (!wanted.has(uid)) live.terminating = true;
      this.tell();
    }
  }

  private takeApplied(origin: string, pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    this.origins.set(origin, uid);
    const there = this.pods.get(uid);
    if (there !== undefined) return;
    this.calls += 1;
    if (!this.synced) throw new Error(`${pod.metadata.name} was made before everything was read`);
    for (const other of this.live()) {
      if (other.pod.metadata.name === pod.metadata.name) throw new Error(`there are two Pods ${pod.metadata.name}`);
    }
    this.onApplied(pod);
    this.pods.set(uid, { pod, status: { phase: 'Pending' }, terminating: false });
    this.tell();
  }
}
