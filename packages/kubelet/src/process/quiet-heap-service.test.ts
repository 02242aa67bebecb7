import type { KubeletActivity } from '@solo-kubelet/reconciler';
import { Subject, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import type { KubeletContext } from '../kubelet-services.js';
import { quietHeapService } from './quiet-heap-service.js';

it('collects a few times, from ten seconds after the last pass that did something', () => {
  const scheduler = new VirtualTimeScheduler();
  const activity$ = new Subject<KubeletActivity>();
  const collected: number[] = [];
  const context = { reconciler: { activity$ } } as unknown as KubeletContext;
  quietHeapService({ collect: () => collected.push(scheduler.now()), scheduler })(context).subscribe();
  const pass = (actions: number) => ({ scope: 'pod', type: 'passEnded', actions }) as KubeletActivity;
  for (const [atMs, actions] of [
    [0, 2],
    [5_000, 1],
    [12_000, 0],
    [60_000, 0],
  ] as const) {
    scheduler.schedule(() => activity$.next(pass(actions)), atMs);
  }
  scheduler.flush();
  expect(collected).toEqual([15_000, 20_000, 25_000, 30_000]);
});
