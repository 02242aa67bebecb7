import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { map, of, Subject, type Subscription, throwError, timer, VirtualTimeScheduler } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { type GuardedPod, type PodFeedback, runWorkloads, type WorkloadOutput } from '../src/rx/index.js';
import { objectsOf } from './workload-world.js';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** A node in virtual time with Pods of documents, and what is kept of them, which outlives the process. */
class Node {
  readonly scheduler = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  readonly kept = new Map<string, string>();
  /** The Pods asked for, by the file that asks. */
  readonly wanted = new Map<string, Pod>();
  readonly waits = new Map<string, string>();
  readonly statuses = new Map<string, PodStatus>();
  readonly told: string[] = [];
  images: readonly string[] = [];
  saves = 0;
  isDiskFull = false;
  /** A disk that takes its time, and a kubelet that tells of a Pod while it is being asked for. */
  isSlow = false;
  writing = 0;
  mostWriting = 0;
  private readonly documents = new Map<string, ManifestEvent>();
  private events = new Subject<ManifestEvent>();
  private feedback = new Subject<PodFeedback>();
  private running: Subscription | undefined;

  start(): void {
    this.running?.unsubscribe();
    this.events = new Subject();
    this.feedback = new Subject();
    this.wanted.clear();
    this.waits.clear();
    this.running = this.events
      .pipe(
        runWorkloads({
          sources: [{ source: 'file', path: '/m' }],
          podFeedback$: this.feedback,
          node: { name: 'node1', fits: () => true },
          newUid: () => `uid-${Math.floor(this.scheduler.now())}`,
          scheduler: this.scheduler,
          wallNow: () => START_MS + this.scheduler.now(),
          store: { load: () => of(new Map()), save: () => of(undefined), remove: () => of(undefined) },
          guardStore: {
            load: () => of(new Map([...this.kept].map(([key, text]) => [key, JSON.parse(text) as GuardedPod]))),
            save: (key, entry) => {
              this.saves += 1;
              if (this.isDiskFull) return throwError(() => new Error('no space left on device'));
              this.kept.set(key, JSON.stringify(entry));
              if (!this.isSlow) return of(undefined);
              this.writing += 1;
              this.mostWriting = Math.max(this.mostWriting, this.writing);
              return timer(5, this.scheduler).pipe(
                map(() => {
                  this.writing -= 1;
                }),
              );
            },
            remove: (key) => {
              this.kept.delete(key);
              return of(undefined);
            },
          },
        }),
      )
      .subscribe((output) => this.take(output));
    this.tell();
    for (const event of this.documents.values()) this.events.next(event);
    this.events.next({ type: 'synced', source: 'file', path: '/m' });
  }

  /** Writes a file that asks for a Pod; as in a kubelet its identity follows from what it says. */
  drop(file: string, image: string, annotations: Readonly<Record<string, string>> = {}, spec: object = {}): string {
    const uid = `${file}:${image}:${JSON.stringify(annotations)}`;
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${file}-node1`, namespace: 'default', uid, annotations },
      spec: { containers: [{ name: 'app', image }], ...spec },
    } as Pod;
    this.say(file, { type: 'applied', origin: { source: 'file', path: file, document: 0 }, pod, warnings: [] });
    return uid;
  }

  config(text: string): void {
    const [object] = objectsOf(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: "${text}"}\n`);
    this.say('conf', { type: 'objectApplied', origin: { source: 'file', path: 'conf', document: 0 }, object: object!, warnings: [] });
  }

  remove(file: string): void {
    this.documents.delete(file);
    this.events.next({ type: 'removed', origin: { source: 'file', path: file, document: 0 } });
  }

  touch(file: string): void {
    this.events.next({ type: 'touched', origin: { source: 'file', path: file, document: 0 } });
  }

  /** What has become of a Pod. */
  is(uid: string, status: PodStatus): void {
    this.statuses.set(uid, status);
    this.tell();
  }

  isReady(uid: string, imageID = ''): void {
    const lastTransitionTime = new Date(START_MS + this.scheduler.now()).toISOString();
    const containerStatuses = [{ name: 'app', ready: true, restartCount: 0, image: '', imageID, state: { running: {} } }];
    this.is(uid, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }], containerStatuses } as PodStatus);
  }

  pass(ms: number): void {
    const until = this.scheduler.now() + ms;
    this.scheduler.maxFrames = until;
    this.scheduler.flush();
    this.scheduler.frame = until;
  }

  image(file: string): string | undefined {
    return this.wanted.get(file)?.spec.containers[0]?.image;
  }

  private say(file: string, event: ManifestEvent): void {
    this.documents.set(file, event);
    this.events.next(event);
  }

  private tell(): void {
    this.feedback.next({ listed: true, pods: new Map([...this.statuses].map(([uid, status]) => [uid, this.seen(status)])) });
  }
  private readonly cache = new WeakMap<PodStatus, { readonly status: PodStatus }>();
  private seen(status: PodStatus): { readonly status: PodStatus } {
    const seen = this.cache.get(status) ?? { status };
    this.cache.set(status, seen);
    return seen;
  }

  private take(output: WorkloadOutput): void {
    if (output.type === 'event') this.told.push(`${output.event.reason} ${output.event.message}`);
    if (output.type === 'trouble') this.told.push(output.message);
    if (output.type === 'podImages') this.images = output.images;
    if (output.type === 'podWaits') {
      if (output.waits === undefined) this.waits.delete(output.uid);
      else this.waits.set(output.uid, output.waits.message);
    }
    if (output.type !== 'manifest' || !('origin' in output.event)) return;
    if (output.event.type === 'applied') this.wanted.set(output.event.origin.path, output.event.pod);
    if (output.event.type === 'applied' && this.isSlow) this.is(output.event.pod.metadata.uid ?? '', { phase: 'Pending' } as PodStatus);
    if (output.event.type === 'removed') this.wanted.delete(output.event.origin.path);
  }
}

let node: Node;
beforeEach(() => {
  node = new Node();
  node.start();
});

const BACK = { 'rollback.solo-kubelet.dev': 'true' };
const DIGEST = 'a@sha256:1111';
const crashing = (restartCount: number): PodStatus =>
  ({
    phase: 'Running',
    containerStatuses: [
      { name: 'app', ready: false, restartCount, image: '', imageID: '', state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ],
  }) as PodStatus;

describe('a Pod that is to go back by itself', () => {
  const serve = (): void => {
    node.isReady(node.drop('web', 'a:1', BACK), DIGEST);
    node.pass(10_000);
  };

  it('runs what last served, with its very images, once an edit does not come to serve in time; the file keeps its edit', () => {
    serve();
    node.drop('web', 'a:2', BACK);
    node.pass(599_000);
    expect(node.image('web')).toBe('a:2');
    node.pass(1_000);
    expect(node.image('web')).toBe(DIGEST);
    expect(node.wanted.get('web')?.metadata.annotations?.['rollback.solo-kubelet.dev/held-back']).toBe(
      'it did not come to serve within 600 s',
    );
    expect(node.told).toEqual([
      'RolloutFailed it did not come to serve within 600 s; going back to what served before. Edit the manifest, or touch its file, to try again',
    ]);
    expect(node.images).toEqual(['a:1', DIGEST]);
    node.start();
    node.pass(1_000_000);
    expect(node.image('web')).toBe(DIGEST);
    node.drop('web', 'a:3', BACK);
    expect(node.image('web')).toBe('a:3');
  });

  it('does so at once for what is hopeless: a container that ended five times, an image that can never be had, an end in failure', () => {
    serve();
    node.is(node.drop('web', 'a:2', BACK), crashing(4));
    expect(node.image('web')).toBe('a:2');
    node.is(node.drop('web', 'a:2', BACK), crashing(5));
    expect(node.image('web')).toBe(DIGEST);
    node.is(node.drop('web', 'a:3', BACK), { phase: 'Failed', message: 'exit 1' } as PodStatus);
    expect(node.image('web')).toBe(DIGEST);
    expect(node.told.at(-1)).toMatch(/^RolloutFailed it failed: exit 1; going back/);
  });

  it('takes what was ready for ten seconds for good: one that crashes sooner was not', () => {
    serve();
    const uid = node.drop('web', 'a:2', BACK);
    node.isReady(uid, 'a@sha256:2222');
    node.pass(9_000);
    node.is(uid, crashing(1));
    node.is(uid, crashing(5));
    expect(node.image('web')).toBe(DIGEST);
    node.isReady(node.drop('web', 'a:3', BACK), 'a@sha256:3333');
    node.pass(10_000);
    node.drop('web', 'a:4', BACK);
    node.pass(600_000);
    expect(node.image('web')).toBe('a@sha256:3333');
  });

  it('tries again what is held back when its file is touched, and has its time once more after a restart', () => {
    serve();
    node.drop('web', 'a:2', BACK);
    node.pass(600_000);
    node.touch('web');
    expect(node.image('web')).toBe('a:2');
    node.pass(500_000);
    node.start();
    node.pass(599_000);
    expect(node.image('web')).toBe('a:2');
    node.pass(1_000);
    expect(node.image('web')).toBe(DIGEST);
  });

  it('keeps what came back while the next edit waits for others', () => {
    serve();
    node.is(node.drop('web', 'a:2', BACK), crashing(5));
    node.drop('web', 'a:3', { ...BACK, 'wait-for.solo-kubelet.dev': 'pod/db=Ready' });
    node.pass(200);
    expect(node.image('web')).toBe(DIGEST);
    node.isReady(node.drop('db', 'd:1'));
    expect(node.image('web')).toBe('a:3');
  });

  it('stays as it is without the annotation, and while nothing served before', () => {
    node.isReady(node.drop('plain', 'a:1'));
    node.pass(10_000);
    node.is(node.drop('plain', 'a:2'), crashing(9));
    node.is(node.drop('web', 'b:1', BACK), crashing(9));
    node.pass(10_000_000);
    expect([node.image('plain'), node.image('web')]).toEqual(['a:2', 'b:1']);
    expect([...node.kept.keys()]).toEqual(['default/web-node1']);
    node.remove('web');
    expect([...node.kept.keys()]).toEqual([]);
  });

  it('is at rest once it serves: nothing is written or said any more', () => {
    serve();
    const before = [node.saves, node.told.length];
    node.pass(10_000_000);
    expect([node.saves, node.told.length]).toEqual(before);
  });

  it('is written once at a time, also where the kubelet tells of it at once', () => {
    node.isSlow = true;
    node.drop('web', 'a:1', BACK);
    node.pass(1_000);
    expect([node.mostWriting, node.writing, node.image('web')]).toEqual([1, 0, 'a:1']);
  });

  it('runs all the same while the disk takes nothing, and tells so', () => {
    node.isDiskFull = true;
    serve();
    expect(node.image('web')).toBe('a:1');
    expect(node.told[0]).toBe('no space left on device');
    node.isDiskFull = false;
    node.pass(30_000);
    expect([...node.kept.keys()]).toEqual(['default/web-node1']);
  });
});

describe('a Pod that waits for others', () => {
  const waitsFor = (what: string) => ({ 'wait-for.solo-kubelet.dev': what });

  it('is asked for with the reason why it waits, begins once that is so, and goes on whatever comes of the others', () => {
    const uid = node.drop('web', 'a:1', waitsFor('pod/db=Ready'));
    node.pass(200);
    expect(node.waits.get(uid)).toBe('Waiting for pod/db=Ready');
    const db = node.drop('db', 'd:1');
    node.isReady(db);
    expect(node.waits.size).toBe(0);
    node.is(db, crashing(1));
    node.start();
    expect([node.image('web'), node.waits.size]).toEqual(['a:1', 0]);
  });

  it('runs on as it was while an edit waits, also one that was without the annotation', () => {
    node.isReady(node.drop('web', 'a:1'));
    node.drop('web', 'a:2', waitsFor('pod/db=Ready'));
    node.pass(200);
    expect([node.image('web'), node.waits.size]).toEqual(['a:1', 0]);
    expect(node.told).toEqual(['WaitingFor Waiting for pod/db=Ready']);
    node.isReady(node.drop('db', 'd:1'));
    expect(node.image('web')).toBe('a:2');
  });

  it('tells of a cycle and of what cannot be read', () => {
    const a = node.drop('a', 'a:1', waitsFor('pod/b=Ready'));
    const b = node.drop('b', 'a:1', waitsFor('pod/a=Ready'));
    const c = node.drop('c', 'a:1', waitsFor('the database'));
    node.pass(1_000);
    expect(node.waits.get(b)).toBe('pod/b waits for pod/a waits for pod/b: none of them will start');
    expect(node.waits.has(a)).toBe(true);
    expect(node.waits.get(c)).toMatch(/cannot read "the database"; write it as/);
  });

  it('that runs already is let go on when all that was kept is lost', () => {
    const uid = node.drop('web', 'a:1', waitsFor('pod/db=Ready'));
    node.pass(200);
    node.kept.clear();
    node.isReady(uid);
    expect([node.image('web'), node.waits.size]).toEqual(['a:1', 0]);
    node.start();
    expect(node.waits.size).toBe(0);
  });
});

describe('a Pod that follows what it refers to', () => {
  const FOLLOWS = { 'restart-on-change.solo-kubelet.dev': 'true' };
  const volumes = { volumes: [{ name: 'conf', configMap: { name: 'conf' } }] };

  it('is another Pod once that says something else, and the same one after a restart of the kubelet', () => {
    node.config('one');
    const uid = node.drop('web', 'a:1', FOLLOWS, volumes);
    expect(node.wanted.get('web')?.metadata.uid).toBe(uid);
    node.config('two');
    node.pass(200);
    const second = node.wanted.get('web')?.metadata.uid;
    expect(second).not.toBe(uid);
    node.start();
    expect(node.wanted.get('web')?.metadata.uid).toBe(second);
    node.config('one');
    node.pass(200);
    expect(node.wanted.get('web')?.metadata.uid).toBe(uid);
  });
});
