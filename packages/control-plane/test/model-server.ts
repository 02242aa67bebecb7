import { applyStrategicMergePatch } from '@solo-kubelet/api-patch';
import { type ApiRequest, ClusterError, type ReflectSource, type WatchEvent } from '@solo-kubelet/cluster-client';
import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { delay } from '@solo-kubelet/timers/rxjs';
import { defer, from, Observable, type SchedulerLike, Subject, timer } from 'rxjs';
import { isTerminalPhase } from '../src/core/pod-status-patch.js';

/** What becomes of one request. */
export type RequestFault = 'refused' | 'replyLost' | 'slow' | undefined;
/** How one event of a watch comes: after this long, and once or twice. */
export interface Hearing {
  readonly afterMs: number;
  readonly times: number;
}

export interface ModelServerOptions {
  readonly scheduler: SchedulerLike;
  readonly wallNow: () => number;
  readonly fault: () => RequestFault;
  readonly hearing: () => Hearing;
  /** Containers of a pod that run. */
  readonly running: (uid: string) => number;
}

/** A request that nobody waits for any more has its effect all the same. */
const NOBODY = new AbortController().signal;

interface Said {
  readonly version: number;
  readonly event: WatchEvent<Pod>;
}

const unreachable = (): ClusterError => new ClusterError({ code: 'CLUSTER_UNREACHABLE', message: 'away', retryable: true });
const refused = (status: number, reason: string): ClusterError =>
  new ClusterError({ code: 'CLUSTER_REFUSED', message: `answered ${status}`, status, reason, retryable: status >= 500 });
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/**
 * An API server of pods in virtual time, with kube-apiserver's rules for their deletion and status. It says true things, but late, twice or in another
 * order; it goes away, forgets versions, and may be put back to what it was. Breaks of a rule by its kubelet are collected in `violations`.
 */
export class ModelServer {
  readonly violations: string[] = [];
  readonly requests: string[] = [];
  away = false;
  objects: ReadonlyMap<string, Pod> = new Map();
  private version = 0;
  private made = 0;
  /** Of every epoch: one begins when the server is put back. */
  private log: readonly Said[] = [];
  private forgotten = 0;
  private backup: ReadonlyMap<string, Pod> = new Map();
  private readonly said$ = new Subject<Said>();
  private readonly cut$ = new Subject<ClusterError | undefined>();

  constructor(private readonly options: ModelServerOptions) {}

  readonly source: ReflectSource = {
    list: <T>() =>
      defer(() => from(this.answer(async () => ({ metadata: { resourceVersion: String(this.version) }, items: this.all() as T[] })))),
    watch: <T>(query: Readonly<Record<string, string>>) => this.watch(Number(query['resourceVersion'])) as Observable<WatchEvent<T>>,
  };

  readonly api = {
    request: (async (asked: ApiRequest) => this.answer(async () => this.carryOut(asked))) as <T>(asked: ApiRequest) => Promise<T>,
  };

  create(name: string, spec: Pod['spec']): void {
    if (this.named(name) !== undefined) return;
    this.made += 1;
    this.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'default',
        uid: `u${this.made}`,
        generation: 1,
        creationTimestamp: this.time(),
      },
      spec: { ...spec, nodeName: 'n' },
      status: { phase: 'Pending' },
    });
  }

  named(name: string): Pod | undefined {
    return [...this.objects.values()].find(({ metadata }) => metadata.name === name);
  }

  /** By somebody who is not the kubelet. */
  change(name: string, edit: (pod: Pod) => Pod): void {
    const pod = this.named(name);
    if (pod === undefined) return;
    const next = edit(pod);
    const generation = Number(pod.metadata.generation ?? 0) + (next.spec === pod.spec ? 0 : 1);
    const kept = { ...next, metadata: { ...next.metadata, generation } };
    if (kept.metadata.deletionGracePeriodSeconds === 0 && (kept.metadata.finalizers ?? []).length === 0) this.drop(kept);
    else this.put(kept);
  }

  delete(name: string, graceSeconds: number | undefined): void {
    const pod = this.named(name);
    if (pod !== undefined) this.end(pod, graceSeconds ?? Number(pod.spec.terminationGracePeriodSeconds ?? 30));
  }

  save(): void {
    this.backup = this.objects;
  }

  /** Pods that had gone are there again by their UIDs; every watch ends, and every version that was told is too new. */
  restore(): void {
    this.objects = this.backup;
    this.version = Math.max(0, ...[...this.objects.values()].map(({ metadata }) => Number(metadata.resourceVersion)));
    this.forget();
  }

  /** Watches go on from nowhere: 410. */
  forget(): void {
    this.log = [];
    this.forgotten = this.version;
    this.cut$.next(refused(410, 'Expired'));
  }

  cut(): void {
    this.cut$.next(unreachable());
  }

  private time(): string {
    return new Date(this.options.wallNow()).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  private all(): readonly Pod[] {
    return [...this.objects.values()].map(plain);
  }

  private put(pod: Pod): Pod {
    this.version += 1;
    const object = plain({ ...pod, metadata: { ...pod.metadata, resourceVersion: String(this.version) } });
    const type = this.objects.has(pod.metadata.uid) ? 'MODIFIED' : 'ADDED';
    this.objects = new Map(this.objects).set(pod.metadata.uid, object);
    this.say({ type, object });
    return object;
  }

  private drop(pod: Pod): void {
    this.version += 1;
    this.objects = new Map([...this.objects].filter(([uid]) => uid !== pod.metadata.uid));
    this.say({ type: 'DELETED', object: plain({ ...pod, metadata: { ...pod.metadata, resourceVersion: String(this.version) } }) });
  }

  private say(event: WatchEvent<Pod>): void {
    const said = { version: this.version, event };
    this.log = [...this.log, said];
    this.said$.next(said);
  }

  private end(pod: Pod, asked: number): void {
    const { metadata, status } = pod;
    const graceSeconds = isTerminalPhase(status) ? 0 : asked;
    const held = (metadata.finalizers ?? []).length > 0;
    if (graceSeconds === 0 && !held) {
      this.drop(pod);
      return;
    }
    const deletionGracePeriodSeconds = Math.min(graceSeconds, Number(metadata.deletionGracePeriodSeconds ?? graceSeconds));
    if (metadata.deletionGracePeriodSeconds === deletionGracePeriodSeconds) return;
    this.put({
      ...pod,
      metadata: { ...metadata, deletionTimestamp: metadata.deletionTimestamp ?? this.time(), deletionGracePeriodSeconds },
    });
  }

  private async answer<T>(work: () => Promise<T>): Promise<T> {
    const { scheduler, fault } = this.options;
    const wrong = this.away ? undefined : fault();
    await delay(wrong === 'slow' ? 4_000 : 5, scheduler, NOBODY);
    if (this.away) throw unreachable();
    if (wrong === 'refused') throw refused(500, 'InternalError');
    const done = await work();
    await delay(5, scheduler, NOBODY);
    if (wrong === 'replyLost' || this.away) throw unreachable();
    return done;
  }

  private carryOut({ method, path, body }: ApiRequest): Pod {
    const [, name, subresource] = /\/pods\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    this.requests.push(`${method} ${name}${subresource === undefined ? '' : `/${subresource}`}`);
    const pod = this.named(String(name));
    if (pod === undefined) throw refused(404, 'NotFound');
    if (method === 'GET') return plain(pod);
    const asked = body as { readonly metadata?: { readonly uid?: string }; readonly preconditions?: { readonly uid?: string } };
    if ((asked.preconditions?.uid ?? asked.metadata?.uid) !== pod.metadata.uid) throw refused(409, 'Conflict');
    if (method === 'DELETE') {
      const left = this.options.running(pod.metadata.uid);
      if (left > 0) this.violations.push(`${pod.metadata.uid} was let go while ${left} of its containers ran`);
      this.end(pod, 0);
      return plain(pod);
    }
    const patched = applyStrategicMergePatch({ apiVersion: 'v1', kind: 'Pod' }, plain(pod) as never, body as never);
    if (!patched.ok) throw refused(422, patched.error.message);
    const next = patched.object as unknown as Pod;
    this.check(pod, next.status);
    return plain(this.put({ ...pod, status: next.status }));
  }

  private check({ metadata: { uid }, spec, status: before }: Pod, after: PodStatus | undefined): void {
    if (isTerminalPhase(before) && before?.phase !== after?.phase) this.violations.push(`${uid}: ${before?.phase} became ${after?.phase}`);
    if (!isTerminalPhase(before) && isTerminalPhase(after) && this.options.running(uid) > 0)
      this.violations.push(`${uid} is said to be ${after?.phase} while a container of it runs`);
    for (const old of before?.containerStatuses ?? []) {
      const next = after?.containerStatuses?.find(({ name }) => name === old.name);
      const stays = spec.restartPolicy === 'Never' || (spec.restartPolicy === 'OnFailure' && old.state?.terminated?.exitCode === 0);
      if (stays && old.state?.terminated !== undefined && next !== undefined && next.state?.terminated === undefined)
        this.violations.push(`${uid}: the server would refuse that ${old.name} runs again`);
    }
  }

  private watch(from: number): Observable<WatchEvent<Pod>> {
    const { scheduler, hearing } = this.options;
    return new Observable<WatchEvent<Pod>>((subscriber) => {
      if (this.away) {
        subscriber.error(unreachable());
        return;
      }
      if (from < this.forgotten || from > this.version) {
        subscriber.error(refused(410, 'Expired'));
        return;
      }
      const hear = ({ event }: Said): void => {
        const { afterMs, times } = hearing();
        for (let time = 0; time < times; time += 1)
          subscriber.add(timer(afterMs + time * 700, scheduler).subscribe(() => subscriber.next(plain(event))));
      };
      subscriber.next({ type: 'OPENED' });
      for (const said of this.log) if (said.version > from) hear(said);
      subscriber.add(this.said$.subscribe(hear));
      subscriber.add(this.cut$.subscribe((error) => (error === undefined ? subscriber.complete() : subscriber.error(error))));
    });
  }
}

/** In turn, over and over. */
export const inTurn = <T>(values: readonly T[]): (() => T) => {
  let at = 0;
  return () => values[at++ % values.length]!;
};
