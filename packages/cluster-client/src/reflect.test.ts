import fc from 'fast-check';
import { concat, defer, NEVER, Observable, of, Subject, takeUntil, throwError, timer, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { WatchEvent } from './api-client.js';
import { ClusterError } from './cluster-error.js';
import { type ReflectEvent, type ReflectSource, reflect, type Versioned } from './reflect.js';

interface Thing extends Versioned {
  readonly value: number;
}

const refused = (status: number, reason = ''): ClusterError =>
  new ClusterError({ code: 'CLUSTER_REFUSED', message: `${status}`, status, reason });
const gone = new ClusterError({ code: 'CLUSTER_UNREACHABLE', message: 'nobody there' });

/** An API server of one resource that forgets, ends watches, fails, drops out and repeats itself, and never says anything untrue in the end. */
const unreliableServer = (scheduler: VirtualTimeScheduler) => {
  const objects = new Map<string, Thing>();
  const history: { readonly version: number; readonly event: WatchEvent<Thing> }[] = [];
  const live = new Set<Subject<WatchEvent<Thing>>>();
  let version = 1;
  let oldest = 1;
  let failures: ClusterError[] = [];
  const record = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Thing, tell: number): void => {
    const event: WatchEvent<Thing> = { type, object };
    history.push({ version, event });
    for (const watcher of live) for (let n = 0; n < tell; n += 1) watcher.next(event);
  };
  const set = (name: string, value: number, tell: number): void => {
    version += 1;
    const object: Thing = { metadata: { name, uid: name, resourceVersion: String(version) }, value };
    const known = objects.has(name);
    objects.set(name, object);
    record(known ? 'MODIFIED' : 'ADDED', object, tell);
  };
  const remove = (name: string, tell: number): void => {
    const object = objects.get(name);
    if (object === undefined) return;
    version += 1;
    objects.delete(name);
    record('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }, tell);
  };
  const end = (error?: ClusterError): void => {
    const ended = [...live];
    live.clear();
    for (const watcher of ended)
      if (error) watcher.error(error);
      else watcher.complete();
  };
  const source: ReflectSource = {
    list: () =>
      defer(() => {
        const failure = failures.shift();
        if (failure) return throwError(() => failure);
        const answer = { metadata: { resourceVersion: String(version) }, items: [...objects.values()] };
        return concat(
          timer(5, scheduler).pipe((source$) => new Observable((s) => source$.subscribe({ complete: () => s.complete() }))),
          of(answer),
        );
      }) as never,
    watch: (query) =>
      defer(() => {
        const failure = failures.shift();
        if (failure) return throwError(() => failure);
        const from = Number(query['resourceVersion']);
        if (from < oldest) return of({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
        const missed = history.filter((each) => each.version > from).map(({ event }) => event);
        const watcher = new Subject<WatchEvent<Thing>>();
        live.add(watcher);
        return concat(of({ type: 'OPENED' }, ...missed), watcher);
      }) as never,
  };
  return {
    source,
    objects,
    set,
    remove,
    end,
    forget: () => (oldest = version + 1),
    fail: (errors: ClusterError[]) => (failures = errors),
  };
};

const model = (events: readonly ReflectEvent<Thing>[]): Map<string, number> => {
  const known = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'replaced') known.clear();
    if (event.type === 'replaced') for (const each of event.objects) known.set(each.metadata.name, each.value);
    if (event.type === 'applied') known.set(event.object.metadata.name, event.object.value);
    if (event.type === 'deleted') known.delete(event.object.metadata.name);
  }
  return known;
};

describe('reflect', () => {
  it('ends in the state of the API whatever becomes of watches, lists and versions', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ type: fc.constant('set' as const), name, value: fc.nat(9), tell: fc.integer({ min: 1, max: 2 }) }),
      fc.record({ type: fc.constant('remove' as const), name, tell: fc.integer({ min: 1, max: 2 }) }),
      fc.record({ type: fc.constant('end' as const), error: fc.constantFrom(undefined, gone, refused(500), refused(429)) }),
      fc.record({ type: fc.constant('forget' as const) }),
      fc.record({
        type: fc.constant('fail' as const),
        errors: fc.array(fc.constantFrom(gone, refused(500), refused(403), refused(410, 'Expired')), { maxLength: 4 }),
      }),
      fc.record({ type: fc.constant('wait' as const), ms: fc.nat(120_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const scheduler = new VirtualTimeScheduler();
        const server = unreliableServer(scheduler);
        const events: ReflectEvent<Thing>[] = [];
        const subscription = reflect<Thing>(server.source, { scheduler, random: () => 0.5 }).subscribe((event) => events.push(event));
        const run = (ms: number): void => {
          scheduler.maxFrames = scheduler.frame + ms;
          scheduler.flush();
          scheduler.frame = Math.max(scheduler.frame, scheduler.maxFrames);
        };
        for (const each of steps) {
          if (each.type === 'set') server.set(each.name, each.value, each.tell);
          if (each.type === 'remove') server.remove(each.name, each.tell);
          if (each.type === 'end') server.end(each.error);
          if (each.type === 'forget') server.forget();
          if (each.type === 'fail') server.fail([...each.errors]);
          if (each.type === 'wait') run(each.ms);
        }
        server.fail([]);
        run(700_000);
        subscription.unsubscribe();
        expect(model(events)).toEqual(new Map([...server.objects].map(([key, { value }]) => [key, value])));
        // Whoever was told that the server is lost was told that it is back.
        expect(events.filter(({ type }) => type === 'lost' || type === 'back').at(-1)?.type).not.toBe('lost');
      }),
      { numRuns: 300 },
    );
  });

  it.each([null, 7, {}, { metadata: null }, { metadata: 'x' }])('takes %j for no object, and lists anew later', (thing) => {
    const scheduler = new VirtualTimeScheduler();
    let lists = 0;
    const good = { metadata: { name: 'a', uid: 'a', resourceVersion: '2' }, value: 1 };
    const source: ReflectSource = {
      list: () => {
        lists += 1;
        return of({ metadata: { resourceVersion: '1' }, items: lists === 1 ? [thing] : [good] }) as never;
      },
      watch: () => (lists < 3 ? of({ type: 'ADDED', object: thing }) : NEVER) as never,
    };
    const events: ReflectEvent<Thing>[] = [];
    const subscription = reflect<Thing>(source, { scheduler, random: () => 0 }).subscribe((event) => events.push(event));
    scheduler.maxFrames = 20_000;
    scheduler.flush();
    subscription.unsubscribe();
    expect(lists).toBe(3);
    expect(model(events)).toEqual(new Map([['a', 1]]));
  });

  it('waits longer each time while nobody is there, up to a minute, and starts over after two minutes of quiet', () => {
    const scheduler = new VirtualTimeScheduler();
    const at: number[] = [];
    const source: ReflectSource = {
      list: () => {
        at.push(scheduler.now());
        return throwError(() => gone);
      },
      watch: () => NEVER,
    };
    const events: ReflectEvent<Thing>[] = [];
    reflect<Thing>(source, { scheduler, random: () => 0 }).subscribe((event) => events.push(event));
    scheduler.maxFrames = 100_000;
    scheduler.flush();
    expect(at).toEqual([0, 800, 2_400, 5_600, 12_000, 24_800, 50_400, 80_400]);
    expect(events).toEqual([{ type: 'lost', message: 'nobody there' }]);
  });

  it('asks a server that keeps ending watches at once no more than it has to', () => {
    const scheduler = new VirtualTimeScheduler();
    let watches = 0;
    const source: ReflectSource = {
      list: () => of({ metadata: { resourceVersion: '1' }, items: [] }),
      watch: () => {
        watches += 1;
        return of({ type: 'OPENED' });
      },
    };
    reflect<Thing>(source, { scheduler, random: () => 0 }).subscribe();
    scheduler.maxFrames = 60_000;
    scheduler.flush();
    expect(watches).toBeLessThan(10);
  });

  it('lists anew at once what the server has forgotten, and goes ahead when it is told that the server is there', () => {
    const scheduler = new VirtualTimeScheduler();
    const retry$ = new Subject<void>();
    let down = false;
    let expired = false;
    const live = new Subject<WatchEvent<Thing>>();
    const source: ReflectSource = {
      list: () => of({ metadata: { resourceVersion: '1' }, items: [] }),
      watch: () => {
        if (down) return throwError(() => gone);
        if (!expired) return concat(of({ type: 'OPENED' }), live.pipe(takeUntil(ended$))) as never;
        expired = false;
        return of({ type: 'OPENED' }, { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }) as never;
      },
    };
    const ended$ = new Subject<void>();
    const events: string[] = [];
    reflect<Thing>(source, { scheduler, random: () => 0, retry$ }).subscribe(({ type }) => events.push(type));
    down = true;
    live.next({ type: 'ADDED', object: { metadata: { name: 'a', resourceVersion: '2' }, value: 1 } });
    ended$.next();
    scheduler.maxFrames = 40_000;
    scheduler.flush();
    expect(events).toEqual(['replaced', 'applied', 'lost']);
    down = false;
    expired = true;
    retry$.next();
    scheduler.maxFrames = 40_001;
    scheduler.flush();
    expect(events).toEqual(['replaced', 'applied', 'lost', 'back', 'replaced']);
  });
});
